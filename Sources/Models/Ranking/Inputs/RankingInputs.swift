import Core
import Features
import Tensor

/// What a ranking model knows of every user and item of a dataset, and how rows are made of it.
struct RankingInputs: Sendable {
    /// What the network is fed with.
    let fields: RankingFields
    let users: EntityInputs
    let items: EntityInputs
    /// How many of the user's fields are features of the moment, the last ones.
    let contextCount: Int
    let bags: HistoryBags
    let usesRepeats: Bool

    /// Reads and checks the features.
    init(_ shape: TwoTowerShape, _ settings: RankingHyperparameters, _ data: InteractionDataset) throws {
        fields = Self.fields(shape, settings)
        users = try EntityInputs(
            data.users, kind: "user", hasID: settings.usesUserID, features: shape.userFeatures,
            numbers: shape.userNumbers)
        items = try EntityInputs(
            data.items, kind: "item", hasID: true, features: shape.itemFeatures, numbers: shape.itemNumbers)
        contextCount = shape.contextFeatures.count
        bags = HistoryBags(
            length: settings.historyLength, decay: TimeDecay(halfLife: settings.historyHalfLife),
            unknown: items.unknown)
        usesRepeats = settings.usesRepeats && settings.historyLength > 0
    }

    /// The fields of a shape.
    static func fields(_ shape: TwoTowerShape, _ settings: RankingHyperparameters) -> RankingFields {
        // The row after the last trained one stands for everybody unknown.
        let (userRows, itemRows) = (shape.dataset.trainedUsers + 1, shape.dataset.trainedItems + 1)
        let features = { (features: [TwoTowerShape.Feature]) in
            features.map { RankingFields.Field($0.name, cardinality: $0.cardinality) }
        }
        let user =
            (settings.usesUserID ? [RankingFields.Field("id", cardinality: userRows)] : [])
            + features(shape.userFeatures) + features(shape.contextFeatures)
        let item = [RankingFields.Field("id", cardinality: itemRows)] + features(shape.itemFeatures)
        var crosses: [RankingFields.Cross] = []
        if settings.network.crosses == true {
            for (u, userField) in user.enumerated() {
                for (i, itemField) in item.enumerated().dropFirst() {
                    let pairs = userField.cardinality.multipliedReportingOverflow(by: itemField.cardinality)
                    let rows = pairs.overflow ? settings.crossRows : min(settings.crossRows, pairs.partialValue)
                    crosses.append(.init(user: u, item: i, rows: rows))
                }
            }
        }
        return RankingFields(
            user: user, item: item, crosses: crosses, history: settings.historyLength > 0 ? itemRows : nil,
            userNumbers: shape.userNumbers.count, itemNumbers: shape.itemNumbers.count,
            pairNumbers: settings.usesRepeats && settings.historyLength > 0 ? 2 : 0)
    }

    /// Writes a user's codes and numbers to a row.
    ///
    /// - Parameters:
    ///   - user: −1 is one seen nowhere, whose features have code 0 and number 0.
    ///   - isDropped: whether the id is taken for unknown.
    ///   - context: the code of each feature of the moment.
    func encode(user: Int32, isDropped: Bool, to rows: EncodedRows, at row: Int, context: (Int) -> Int32) {
        var field = Self.encode(users, user, isDropped: isDropped, to: rows, at: row)
        for feature in 0..<contextCount {
            rows.codes[field][row] = context(feature)
            field += 1
        }
    }

    /// Writes an item's codes and numbers to a row.
    func encode(item: Int32, isDropped: Bool, to rows: EncodedRows, at row: Int) {
        _ = Self.encode(items, item, isDropped: isDropped, to: rows, at: row)
    }

    private static func encode(
        _ inputs: EntityInputs, _ index: Int32, isDropped: Bool, to rows: EncodedRows, at row: Int
    ) -> Int {
        var field = 0
        if inputs.hasID {
            rows.codes[0][row] = isDropped || index < 0 || index > inputs.unknown ? inputs.unknown : index
            field = 1
        }
        for codes in inputs.codes {
            rows.codes[field][row] = index < 0 ? 0 : codes[Int(index)]
            field += 1
        }
        let to = rows.numbers.pointer + row * inputs.numberCount
        for number in 0..<inputs.numberCount {
            to[number] = index < 0 ? 0 : inputs.numbers[Int(index) * inputs.numberCount + number]
        }
        return field
    }

    /// Writes the rows of the crosses' tables for a user's row and an item's row.
    func encodeCrosses(_ user: EncodedRows, _ userRow: Int, _ item: EncodedRows, _ itemRow: Int, to rows: EncodedRows) {
        for (place, cross) in fields.crosses.enumerated() {
            rows.codes[place][itemRow] = fields.row(
                cross, user.codes[cross.user][userRow], item.codes[cross.item][itemRow])
        }
    }
}
