import Core

/// Codes and numbers of items that were encoded for a request, by the places that a ranking model has them at.
///
/// What a code past its table stands for nobody knows: it counts as absent.
struct FreshCodes {
    private let given: EncodedItems
    private let codes: [Buffer<Int32>?]
    private let numbers: [Buffer<Float>?]
    private let cardinalities: [Int]

    init(_ given: EncodedItems, _ shape: TwoTowerShape) {
        self.given = given
        codes = shape.itemFeatures.map { feature in
            guard case .int32(let codes)? = try? given.table.column(feature.name).values else { return nil }
            return codes
        }
        numbers = shape.itemNumbers.map { name in
            guard case .float32(let numbers)? = try? given.table.column(name).values else { return nil }
            return numbers
        }
        cardinalities = shape.itemFeatures.map(\.cardinality)
    }

    /// The code of a feature in a row of the table; nil: the dataset's stays.
    func code(_ feature: Int, _ row: Int) -> Int32? {
        guard let code = codes[feature]?[row], code >= 0, Int(code) < cardinalities[feature] else { return nil }
        return code
    }

    /// The number of a feature in a row of the table; nil: the dataset's stays.
    func number(_ feature: Int, _ row: Int) -> Float? {
        numbers[feature].map { $0[row] }.flatMap { $0.isFinite ? $0 : nil }
    }

    /// The items of which something is not as in the dataset, and their rows.
    func differing(from inputs: RankingInputs) -> [(item: Int32, row: Int)] {
        zip(given.items, given.rows).filter { differs(Int($0), $1, inputs) }.map { (item: $0, row: $1) }
    }

    private func differs(_ item: Int, _ row: Int, _ inputs: RankingInputs) -> Bool {
        for place in codes.indices {
            if let code = code(place, row), code != inputs.items.codes[place][item] { return true }
        }
        for place in numbers.indices {
            if let number = number(place, row),
                number != inputs.items.numbers[item * inputs.items.numberCount + place]
            {
                return true
            }
        }
        return false
    }
}
