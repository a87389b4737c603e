import Core
import Features
import FoundationEssentials

/// A small shop whose tastes are known: items belong to one of `groups` kinds, every user likes two of them, and buys
/// little else. The first of the two can be told from the user's region, an item's kind from its category.
struct PlantedShop {
    var users = 300
    var items = 120
    var groups = 8
    var purchasesPerUser = 24
    var seed: UInt64 = 7

    /// Users and items that are in their tables, but in no interaction.
    static let idleUsers = 5
    static let idleItems = 4

    /// The kind of the item with this id.
    func group(ofItem id: String) -> Int { Int(id.dropFirst())! % groups }

    /// Builds the dataset in a new temporary folder.
    func build() throws -> InteractionDataset {
        var random = RandomSource(seed: seed)
        var rows: [(user: String, item: String, time: Int64)] = []
        let start: Int64 = 1_600_000_000
        for user in 0..<users {
            let likes = [user % groups, random.index(below: groups)]
            for _ in 0..<purchasesPerUser {
                let group = random.uniform() < 0.92 ? likes[random.index(below: 2)] : random.index(below: groups)
                // The square makes some items of a kind more popular than others.
                let place = Int(random.uniform() * random.uniform() * Double(items / groups))
                let time = start + Int64(random.uniform() * 140 * 86_400)
                rows.append(("u\(user)", "i\(place * groups + group)", time))
            }
        }
        return try Self.build(rows, users: userTable(), items: itemTable())
    }

    /// Builds a dataset of given rows in a new temporary folder.
    static func build(
        _ rows: [(user: String, item: String, time: Int64)], users: Table? = nil, items: Table? = nil,
        split: DatasetConfiguration.Boundary = .length(14 * 86_400)
    ) throws -> InteractionDataset {
        let interactions = try Table([
            ("user", Column(strings: rows.map(\.user))), ("item", Column(strings: rows.map(\.item))),
            ("time", Column(timestamps: rows.map { $0.time * 1_000_000 })),
            ("moment", Column(timestamps: rows.map { $0.time * 1_000_000 })),
        ])
        let configuration = DatasetConfiguration(
            interactions: .init(user: "user", item: "item", time: "time"),
            users: users.map { _ in .init(table: "users", id: "id") },
            items: items.map { _ in .init(table: "items", id: "id") }, validation: split, test: split)
        var project = ConfigurationFields(
            try ConfigurationNode(yaml: features(users: users != nil, items: items != nil), file: "martlet.yml"),
            diagnostics: Diagnostics())
        let builder = InteractionDatasetBuilder(configuration: configuration, workflow: Workflow(&project))
        try project.diagnostics.throwIfAny()
        return try builder.build(
            users: users.map { table in { TableSequence(schema: table.schema, [table]) } },
            items: items.map { table in { TableSequence(schema: table.schema, [table]) } },
            interactions: { TableSequence(schema: interactions.schema, [interactions]) },
            to: temporaryFolder() + "/dataset")
    }

    private static func features(users: Bool, items: Bool) -> String {
        var lines = ["features:", "  context: {moment: [month]}"]
        if users { lines.append("  user: {region: [categorify], age: [fill-missing: 0, normalize]}") }
        if items { lines.append("  item: {category: [categorify], price: [normalize]}") }
        return lines.joined(separator: "\n")
    }

    private func userTable() throws -> Table {
        let all = (0..<users).map { "u\($0)" } + (0..<Self.idleUsers).map { "idle\($0)" }
        return try Table([
            ("id", Column(strings: all)),
            ("region", Column(strings: all.indices.map { "region \($0 % groups)" })),
            ("age", Column(doubles: all.indices.map { Double(20 + $0 % 50) })),
        ])
    }

    private func itemTable() throws -> Table {
        let all = (0..<items + Self.idleItems).map { "i\($0)" }
        return try Table([
            ("id", Column(strings: all)),
            ("category", Column(strings: all.map { "kind \(group(ofItem: $0))" })),
            ("price", Column(doubles: all.indices.map { Double(5 + $0 % 9) })),
        ])
    }
}

/// A new folder for files of a test.
func temporaryFolder() -> String {
    let path = "\(FileManager.default.temporaryDirectory.path)/martlet-models-\(UInt64.random(in: 0 ... .max))"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}
