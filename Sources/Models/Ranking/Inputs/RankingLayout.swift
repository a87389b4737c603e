/// Where the columns of a ranking network's two inputs come from.
///
/// - x, `B × X`: user numbers | user embeddings (history last) | item embeddings | item numbers | pair numbers. The
///   first columns depend on the user alone, the others (but for the pair's numbers) on the item alone, so that scoring
///   makes each part once; and the embeddings lie side by side, as interactions want them.
/// - side, `B × S`: further lookups that no layer multiplies: weights of linear terms, or vectors of a second kind.
package struct RankingLayout: Sendable {
    /// A table that rows are looked up in.
    package struct Lookup: Sendable, Equatable {
        /// The place of the field whose codes are looked up (of the cross, for crosses).
        package var field: Int
        /// Where the table stands among the parameters.
        package var table: Int
        /// Where its columns begin.
        package var column: Int
        /// How wide its rows are.
        package var width: Int
    }

    /// What the second input holds.
    package enum Side: Sendable {
        /// Nothing.
        case none
        /// One weight for each code of each field, and of each cross.
        case weights
        /// A vector of this width for the user's and the item's first field, the ids.
        case ids(width: Int)
    }

    /// What there is.
    package let fields: RankingFields
    /// The width of an embedding in x; 0: there are none.
    package let dimension: Int
    /// The lookups of x.
    package private(set) var user: [Lookup] = []
    package private(set) var history: Lookup?
    package private(set) var item: [Lookup] = []
    /// The lookups of the second input.
    package private(set) var userSide: [Lookup] = []
    package private(set) var historySide: Lookup?
    package private(set) var itemSide: [Lookup] = []
    package private(set) var crossSide: [Lookup] = []
    /// How many columns of x and of the second input belong to the user.
    package private(set) var userWidth = 0
    package private(set) var userSideWidth = 0
    /// X and S.
    package private(set) var width = 0
    package private(set) var sideWidth = 0

    /// Adds the tables.
    ///
    /// - Parameters:
    ///   - dimension: the width of an embedding in x.
    ///   - sharesHistory: whether the history looks items up in the item's own table.
    package init(
        _ fields: RankingFields, dimension: Int, sharesHistory: Bool = true, side: Side = .none,
        to parameters: inout Parameters
    ) {
        self.fields = fields
        self.dimension = dimension
        if dimension > 0 { addEmbeddings(sharesHistory: sharesHistory, to: &parameters) }
        userWidth = fields.userNumbers + (user.count + (history == nil ? 0 : 1)) * dimension
        width = userWidth + item.count * dimension + fields.itemNumbers + fields.pairNumbers
        switch side {
        case .none: break
        case .weights: addWeights(to: &parameters)
        case .ids(let width): addIDs(width: width, to: &parameters)
        }
    }

    /// How many columns of x belong to the item or the pair.
    package var itemWidth: Int { width - userWidth }
    /// How many columns of the second input do.
    package var itemSideWidth: Int { sideWidth - userSideWidth }
    /// How many embeddings x holds.
    package var embeddingCount: Int { user.count + (history == nil ? 0 : 1) + item.count }
    /// Where they begin.
    package var embeddingColumn: Int { fields.userNumbers }
    /// How many numbers there are.
    package var numberCount: Int { fields.userNumbers + fields.itemNumbers + fields.pairNumbers }
    /// Where the item's numbers begin in x; the pair's follow.
    package var itemNumberColumn: Int { userWidth + item.count * dimension }
    /// Where the pair's numbers begin in x.
    package var pairColumn: Int { width - fields.pairNumbers }

    private mutating func addEmbeddings(sharesHistory: Bool, to parameters: inout Parameters) {
        let itemTables = fields.item.map {
            parameters.add("item.\($0.name)", rows: $0.cardinality, columns: dimension, isTable: true)
        }
        var column = fields.userNumbers
        for (place, field) in fields.user.enumerated() {
            let table = parameters.add("user.\(field.name)", rows: field.cardinality, columns: dimension, isTable: true)
            user.append(Lookup(field: place, table: table, column: column, width: dimension))
            column += dimension
        }
        if let rows = fields.history {
            let table =
                sharesHistory && !itemTables.isEmpty
                ? itemTables[0] : parameters.add("user.history", rows: rows, columns: dimension, isTable: true)
            history = Lookup(field: -1, table: table, column: column, width: dimension)
            column += dimension
        }
        for (place, table) in itemTables.enumerated() {
            item.append(Lookup(field: place, table: table, column: column, width: dimension))
            column += dimension
        }
    }

    private mutating func addWeights(to parameters: inout Parameters) {
        func add(_ name: String, _ rows: Int, _ field: Int) -> Lookup {
            defer { sideWidth += 1 }
            let table = parameters.add("linear.\(name)", rows: rows, columns: 1, isTable: true)
            return Lookup(field: field, table: table, column: sideWidth, width: 1)
        }
        for (place, field) in fields.user.enumerated() {
            userSide.append(add("user.\(field.name)", field.cardinality, place))
        }
        if let rows = fields.history { historySide = add("user.history", rows, -1) }
        userSideWidth = sideWidth
        for (place, field) in fields.item.enumerated() {
            itemSide.append(add("item.\(field.name)", field.cardinality, place))
        }
        for (place, cross) in fields.crosses.enumerated() {
            let name = "\(fields.user[cross.user].name)×\(fields.item[cross.item].name)"
            crossSide.append(add("cross.\(name)", cross.rows, place))
        }
    }

    private mutating func addIDs(width: Int, to parameters: inout Parameters) {
        func add(_ name: String, _ fields: [RankingFields.Field]) -> [Lookup] {
            guard let first = fields.first else { return [] }
            defer { sideWidth += width }
            let table = parameters.add("\(name).vector", rows: first.cardinality, columns: width, isTable: true)
            return [Lookup(field: 0, table: table, column: sideWidth, width: width)]
        }
        userSide = add("user", fields.user)
        userSideWidth = sideWidth
        itemSide = add("item", fields.item)
    }
}
