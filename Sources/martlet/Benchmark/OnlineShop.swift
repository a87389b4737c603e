import Core
import Features
import FoundationEssentials
import Models

/// A made-up shop for the race in `Benchmarks/online`: features of both sides, purchases, and the two models of its
/// pipeline, trained for one pass, so that every table and layer has its size and no weight its first value.
struct OnlineShop {
    /// How many categorical features users and items have, and how many numbers.
    static let (userCodes, userNumbers, itemCodes, itemNumbers) = (10, 2, 6, 2)
    /// How many values a categorical feature has.
    static let values = 1000
    /// The settings of both models: neither looks at histories, so that a program without events computes the same.
    static let tower: JSONValue = [
        "layers": [128, 64], "embeddings": ["user": 64, "item": 64], "history-length": 0, "repeats": false, "epochs": 1,
    ]
    static let ranker: JSONValue = [
        "dimension": 64, "layers": [128, 64, 32], "bottom-layers": [64], "history-length": 0, "repeats": false,
        "negatives": 1, "epochs": 1,
    ]

    let users: Int
    let items: Int
    /// The raw values: codes from 0 to 999, and numbers from 0 to 0.999, row by row.
    let userValues: [[Int]]
    let itemValues: [[Int]]

    init(users: Int, items: Int) {
        self.users = users
        self.items = items
        var random = RandomSource(seed: 1)
        func draw(_ count: Int, _ width: Int) -> [[Int]] {
            (0..<count).map { _ in (0..<width).map { _ in random.index(below: Self.values) } }
        }
        userValues = draw(users, Self.userCodes + Self.userNumbers)
        itemValues = draw(items, Self.itemCodes + Self.itemNumbers)
    }

    /// The names of the features of a side, the categorical ones first.
    static func names(_ side: FeatureGroup) -> [String] {
        let count = side == .user ? userCodes + userNumbers : itemCodes + itemNumbers
        return (0..<count).map { "\(side.rawValue)\($0)" }
    }

    /// How many of a side's features are categorical.
    static func codes(_ side: FeatureGroup) -> Int { side == .user ? userCodes : itemCodes }

    /// The id of a user or item, such as `u00000042`.
    static func id(_ side: FeatureGroup, _ number: Int) -> String {
        let digits = String(number)
        return side.rawValue.prefix(1) + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// The number in an id.
    static func number(_ id: String) -> Int { Int(id.dropFirst()) ?? 0 }

    /// Builds the dataset: everyone buys twice, at least, and everything is bought.
    func dataset(at path: String) throws -> InteractionDataset {
        var random = RandomSource(seed: 2)
        let rows = 2 * max(users, items)
        let bought = (0..<rows).map { row in
            row < rows / 2 ? row * 7919 % items : random.index(below: items)
        }
        let start: Int64 = 1_700_000_000
        let interactions = try Table([
            ("user", Column(strings: (0..<rows).map { Self.id(.user, $0 % users) })),
            ("item", Column(strings: bought.map { Self.id(.item, $0) })),
            ("time", Column(timestamps: (0..<rows).map { (start + Int64($0)) * 1_000_000 })),
        ])
        let configuration = DatasetConfiguration(
            interactions: .init(user: "user", item: "item", time: "time"), users: .init(table: "users", id: "id"),
            items: .init(table: "items", id: "id"), validation: .none, test: .none)
        let sides: [FeatureGroup] = [.user, .item]
        let yaml = "features: {\(sides.map { "\($0.rawValue): {\(Self.operators($0))}" }.joined(separator: ", "))}"
        var fields = ConfigurationFields(
            try ConfigurationNode(yaml: yaml, file: "online.yml"), diagnostics: Diagnostics())
        let builder = InteractionDatasetBuilder(configuration: configuration, workflow: Workflow(&fields))
        try fields.diagnostics.throwIfAny()
        let (userTable, itemTable) = try (table(.user, userValues), table(.item, itemValues))
        return try builder.build(
            users: { TableSequence(schema: userTable.schema, [userTable]) },
            items: { TableSequence(schema: itemTable.schema, [itemTable]) },
            interactions: { TableSequence(schema: interactions.schema, [interactions]) }, to: path)
    }

    private static func operators(_ side: FeatureGroup) -> String {
        names(side).enumerated()
            .map { "\($1): [\($0 < codes(side) ? "categorify" : "clip: {min: 0, max: 1}")]" }.joined(separator: ", ")
    }

    private func table(_ side: FeatureGroup, _ values: [[Int]]) throws -> Table {
        var columns = [("id", Column(strings: values.indices.map { Self.id(side, $0) }))]
        for (place, name) in Self.names(side).enumerated() {
            columns.append(
                (
                    name,
                    place < Self.codes(side)
                        ? Column(integers: values.map { Int64($0[place]) })
                        : Column(doubles: values.map { Double($0[place]) / Double(Self.values) })
                ))
        }
        return try Table(columns)
    }

    /// Writes what the peer reads beside the weights: ids by row, codes as int32 and numbers as float32, row by row.
    func writePeer(_ data: InteractionDataset, to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (side, entities, values) in [(FeatureGroup.user, data.users, userValues), (.item, data.items, itemValues)] {
            let ids = (0..<entities.count).map { entities.id($0) }
            try AtomicFile.write(
                Array((ids.joined(separator: "\n") + "\n").utf8), to: "\(folder)/\(side.rawValue)s.txt")
            let names = Self.names(side)[..<Self.codes(side)]
            let columns = try names.map { try EncodedCodes(entities, $0).values }
            let codes = ids.indices.flatMap { row in columns.map { $0[row] } }
            let numbers = ids.flatMap { id in
                values[Self.number(id)][Self.codes(side)...].map { Float(Double($0) / Double(Self.values)) }
            }
            try codes.withUnsafeBytes { try AtomicFile.write(Array($0), to: "\(folder)/\(side.rawValue)-codes.i32") }
            try numbers.withUnsafeBytes {
                try AtomicFile.write(Array($0), to: "\(folder)/\(side.rawValue)-numbers.f32")
            }
        }
    }
}

/// The codes of one feature by index.
private struct EncodedCodes {
    let values: [Int32]

    init(_ entities: Entities, _ name: String) throws {
        guard case .int32(let codes) = try entities.features?.column(name).values else {
            throw MartletError(.corrupted, "the feature '\(name)' has no codes")
        }
        values = codes.array
    }
}
