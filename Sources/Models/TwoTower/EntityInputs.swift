import Core
import Features

/// What a tower knows of every user or every item: codes and numbers by index, checked once.
struct EntityInputs: Sendable {
    /// The table row that stands for the unknown: the number of trained ones.
    let unknown: Int32
    /// Whether the id itself is the first input.
    let hasID: Bool
    /// For each categorical feature each one's code.
    let codes: [[Int32]]
    /// How many continuous features there are.
    let numberCount: Int
    /// Each one's continuous features, one after the other.
    let numbers: [Float]

    /// Reads the features named in the shape.
    ///
    /// - Throws: `invalidData` naming column and row of a NaN, an infinity, a null or a code past its table.
    init(
        _ entities: Entities, kind: String, hasID: Bool, features: [TwoTowerShape.Feature], numbers names: [String]
    ) throws {
        unknown = Int32(entities.trainedCount)
        self.hasID = hasID
        codes = try features.map { feature in
            let read = try EntityCodes(feature.name, of: entities, kind: kind)
            guard read.cardinality <= feature.cardinality else {
                throw MartletError(
                    .invalidData,
                    "\(kind) feature '\(feature.name)' has \(read.cardinality) codes, the model was trained "
                        + "on \(feature.cardinality)", hint: "use the dataset that the model was trained on")
            }
            return read.values
        }
        numberCount = names.count
        var numbers = [Float](repeating: 0, count: entities.count * names.count)
        for (place, name) in names.enumerated() {
            guard let column = try entities.features?.column(name), column.count == entities.count else {
                throw MartletError(.notFound, "there is no \(kind) feature '\(name)' for all \(kind)s")
            }
            for row in 0..<entities.count {
                guard let number = column.number(row), Float(number).isFinite else {
                    let found = column.isNull(row) ? "no value" : "\(column.number(row).map { "\($0)" } ?? "no number")"
                    throw MartletError(
                        .invalidData,
                        "column '\(name)' of the \(kind) features, row \(row) "
                            + "(\(kind) '\(entities.id(row))'): found \(found), expected a finite number",
                        hint: "put 'fill-missing: 0' first among the operators of '\(name)'")
                }
                numbers[row * names.count + place] = Float(number)
            }
        }
        self.numbers = numbers
    }

    /// The input of a tower for some users or items.
    ///
    /// - Parameters:
    ///   - indices: whom; −1 is one seen nowhere, whose features have code 0 and number 0.
    ///   - dropped: for each batch row whether the id is to be taken for unknown; nil: none is.
    ///   - context: the codes of the moment, for each feature one a batch row.
    func input(
        _ indices: [Int32], dropped: [Bool]? = nil, context: [[Int32]] = [],
        history: TowerInput.Bags? = nil
    ) -> TowerInput {
        var all: [[Int32]] = []
        all.reserveCapacity(1 + codes.count + context.count)
        if hasID {
            var ids = indices.map { $0 < 0 || $0 > unknown ? unknown : $0 }
            if let dropped { for row in ids.indices where dropped[row] { ids[row] = unknown } }
            all.append(ids)
        }
        for codes in codes { all.append(indices.map { $0 < 0 ? 0 : codes[Int($0)] }) }
        all += context
        var continuous: [Float] = []
        if numberCount > 0 {
            continuous.reserveCapacity(indices.count * numberCount)
            for index in indices {
                if index < 0 {
                    continuous.append(contentsOf: repeatElement(0, count: numberCount))
                } else {
                    continuous += numbers[Int(index) * numberCount..<(Int(index) + 1) * numberCount]
                }
            }
        }
        return TowerInput(rows: indices.count, codes: all, continuous: continuous, history: history)
    }
}
