import Core
import Features
import FoundationEssentials

/// 100,000 users and as many items with five features of 1,000 values each; purchases follow tastes that features tell
/// something about, so that there is a loss to bring down.
struct Shop {
    static let entities = 100_000
    static let features = 5
    static let values = 1_000
    private static let tastes = 50

    let rows: Int
    private var users: [Int32] = []
    private var items: [Int32] = []
    private var userValues: [Int32] = []
    private var itemValues: [Int32] = []

    init(rows: Int) {
        self.rows = rows
        var random = RandomSource(seed: 1)
        let userDraw = Zipf(count: Self.entities, exponent: 0.8)
        let itemDraw = Zipf(count: Self.entities, exponent: 1)
        for row in 0..<rows {
            // At first everyone and everything once: all are trained.
            let user = row < Self.entities ? row : userDraw.draw(&random)
            var item = row < Self.entities ? row * 7919 % Self.entities : itemDraw.draw(&random)
            if row >= Self.entities, random.uniform() < 0.7 { item += user % Self.tastes - item % Self.tastes }
            users.append(Int32(user))
            items.append(Int32(item))
        }
        for entity in 0..<Self.entities {
            for feature in 0..<Self.features {
                let draw = Int32(random.index(below: Self.values))
                let own = Int32(entity % Self.tastes * (Self.values / Self.tastes)) + draw % 20
                userValues.append(feature == 0 ? own : draw)
                itemValues.append(feature == 0 ? own : draw)
            }
        }
    }

    /// Writes the dataset, and for the peer the same as plain int32 numbers.
    func write(to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, numbers) in [
            ("users", users), ("items", items), ("user-values", userValues), ("item-values", itemValues),
        ] {
            try numbers.withUnsafeBytes { try Data($0).write(to: URL(filePath: "\(folder)/\(name)")) }
        }
        let start: Int64 = 1_600_000_000
        // The last two days are validation and test, which nothing here looks at.
        let times = (0..<rows).map { (start + Int64($0 % 86_400)) * 1_000_000 }
        let late = (1...2).map { (start + Int64($0 + 1) * 86_400) * 1_000_000 }
        let interactions = try Table([
            ("user", Column(strings: users.map { "u\($0)" } + ["u0", "u0"])),
            ("item", Column(strings: items.map { "i\($0)" } + ["i0", "i0"])),
            ("time", Column(timestamps: times + late)),
        ])
        let configuration = DatasetConfiguration(
            interactions: .init(user: "user", item: "item", time: "time"), users: .init(table: "users", id: "id"),
            items: .init(table: "items", id: "id"), validation: .length(43_200), test: .length(43_200))
        func list(_ kind: String) -> String {
            (0..<Self.features).map { "\(kind)\($0): [categorify]" }.joined(separator: ", ")
        }
        let yaml = "features:\n  user: {\(list("user"))}\n  item: {\(list("item"))}"
        var project = ConfigurationFields(
            try ConfigurationNode(yaml: yaml, file: "two-tower.yml"), diagnostics: Diagnostics())
        let builder = InteractionDatasetBuilder(configuration: configuration, workflow: Workflow(&project))
        try project.diagnostics.throwIfAny()
        let (userTable, itemTable) = try (table("user", userValues), table("item", itemValues))
        _ = try builder.build(
            users: { TableSequence(schema: userTable.schema, [userTable]) },
            items: { TableSequence(schema: itemTable.schema, [itemTable]) },
            interactions: { TableSequence(schema: interactions.schema, [interactions]) }, to: folder + "/dataset")
    }

    private func table(_ kind: String, _ values: [Int32]) throws -> Table {
        var columns = [("id", Column(strings: (0..<Self.entities).map { "\(kind.prefix(1))\($0)" }))]
        for feature in 0..<Self.features {
            let texts = (0..<Self.entities).map { "v\(values[$0 * Self.features + feature])" }
            columns.append(("\(kind)\(feature)", Column(strings: texts)))
        }
        return try Table(columns)
    }
}

/// Draws numbers below `count`, the number `i` in proportion to (i + 1)^−exponent.
private struct Zipf {
    private var sums: [Double] = []

    init(count: Int, exponent: Double) {
        var sum = 0.0
        for number in 1...count {
            sum += power(Double(number), -exponent)
            sums.append(sum)
        }
    }

    func draw(_ random: inout RandomSource) -> Int {
        let wanted = random.uniform() * sums[sums.count - 1]
        var (low, high) = (0, sums.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > wanted { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
