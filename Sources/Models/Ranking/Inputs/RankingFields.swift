/// What a ranking network can be fed with: the categorical fields of each side, their crosses, and the numbers.
package struct RankingFields: Sendable, Equatable {
    /// A categorical field.
    package struct Field: Sendable, Equatable {
        /// The name, unique on its side.
        package var name: String
        /// How many codes there are.
        package var cardinality: Int

        package init(_ name: String, cardinality: Int) {
            self.name = name
            self.cardinality = cardinality
        }
    }

    /// A pair of fields taken as one: the cross product of Wide & Deep.
    package struct Cross: Sendable, Equatable {
        /// The place of the user's field.
        package var user: Int
        /// The place of the item's field.
        package var item: Int
        /// How many rows its table has; pairs are hashed where there are more.
        package var rows: Int

        package init(user: Int, item: Int, rows: Int) {
            self.user = user
            self.item = item
            self.rows = rows
        }
    }

    /// The user's fields: the id, the features, those of the moment.
    package var user: [Field]
    /// The item's fields, the id first.
    package var item: [Field]
    /// Pairs of fields.
    package var crosses: [Cross]
    /// How many rows a table of the items of the history has; nil: the history is no input.
    package var history: Int?
    /// How many continuous features a user has.
    package var userNumbers: Int
    /// How many continuous features an item has.
    package var itemNumbers: Int
    /// How many numbers a pair of a user and an item has.
    package var pairNumbers: Int

    package init(
        user: [Field], item: [Field], crosses: [Cross] = [], history: Int? = nil, userNumbers: Int = 0,
        itemNumbers: Int = 0, pairNumbers: Int = 0
    ) {
        self.user = user
        self.item = item
        self.crosses = crosses
        self.history = history
        self.userNumbers = userNumbers
        self.itemNumbers = itemNumbers
        self.pairNumbers = pairNumbers
    }

    /// The row of a cross's table for a pair of codes: exact where the table holds all pairs, else hashed.
    package func row(_ cross: Cross, _ userCode: Int32, _ itemCode: Int32) -> Int32 {
        let factors = factors(cross)
        return Int32((Int64(userCode) * factors.user + Int64(itemCode) * factors.item) % Int64(cross.rows))
    }

    /// What the two codes are multiplied with before the remainder is taken; products of codes below 2³¹ fit 64 bits.
    package func factors(_ cross: Cross) -> (user: Int64, item: Int64) {
        let pairs = user[cross.user].cardinality.multipliedReportingOverflow(by: item[cross.item].cardinality)
        let isExact = !pairs.overflow && pairs.partialValue <= cross.rows
        return isExact ? (Int64(item[cross.item].cardinality), 1) : (2_654_435_761, 805_459_861)
    }
}
