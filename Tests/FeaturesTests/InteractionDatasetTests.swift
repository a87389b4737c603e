import Core
import Features
import FoundationEssentials
import Tensor
import Testing

@Suite("Interactions by window")
struct InteractionDatasetTests {
    let folder = TemporaryFolder()

    /// Ten days of a small shop; 'z' and 'new' come in the test window alone, 'idle' buys nothing at all.
    static let shop: [(user: String, item: String, day: Int64, price: Double)] = [
        ("b", "hat", 0, 10), ("a", "hat", 0, 12), ("a", "tie", 1, 5), ("c", "tie", 2, 7), ("a", "hat", 3, 14),
        ("b", "shoe", 4, 50), ("c", "hat", 6, 1000), ("a", "new", 8, 3000), ("z", "tie", 9, 4000),
    ]

    static func columns(_ rows: [(user: String, item: String, day: Int64, price: Double)]) -> [(String, Column)] {
        [
            ("customer", Column(strings: rows.map(\.user))), ("article", Column(strings: rows.map(\.item))),
            ("t", Column(timestamps: rows.map { $0.day * day * 1_000_000 })),
            ("price", Column(doubles: rows.map(\.price))),
        ]
    }

    static func configuration(
        validation: DatasetConfiguration.Boundary = .length(Double(2 * day)),
        test: DatasetConfiguration.Boundary = .length(Double(3 * day))
    ) -> DatasetConfiguration {
        DatasetConfiguration(
            interactions: .init(user: "customer", item: "article", time: "t"),
            users: .init(table: "customers", id: "id"),
            items: .init(table: "articles", id: "id", title: "title", show: ["colour"]), validation: validation,
            test: test)
    }

    static let users: [(String, Column)] = [
        ("id", Column(strings: ["idle", "c", "b", "a"])), ("age", Column(doubles: [99, nil, 30, 20])),
    ]
    static let items: [(String, Column)] = [
        ("id", Column(strings: ["tie", "hat", "unsold"])), ("title", Column(strings: ["A tie", "A hat", "Nobody's"])),
        ("colour", Column(strings: ["red", nil, "blue"])),
    ]

    func build(
        _ workflow: Workflow = Workflow(), _ configuration: DatasetConfiguration = configuration(),
        rows: [(user: String, item: String, day: Int64, price: Double)] = shop, batch: Int = 1000,
        to name: String = "data"
    ) throws -> InteractionDataset {
        try InteractionDatasetBuilder(configuration: configuration, workflow: workflow).build(
            users: { try stream(Self.users) }, items: { try stream(Self.items) },
            interactions: { try stream(Self.columns(rows), batch: batch) }, to: folder(name))
    }

    @Test("Trained users and items come first, by count and then by id; the others follow by id")
    func order() throws {
        let data = try build()
        #expect((0..<data.users.count).map(data.users.id) == ["a", "b", "c", "idle", "z"])
        #expect(data.users.trainedCount == 3)
        // 'hat' 3, 'tie' 2, 'shoe' 1 in days 0…4.
        #expect((0..<data.items.count).map(data.items.id) == ["hat", "tie", "shoe", "new", "unsold"])
        #expect(data.items.trainedCount == 3)
        #expect(data.users.index(of: "z") == 4)
        #expect(data.users.index(of: "nobody") == nil)
    }

    @Test("Windows hold the rows of their days, sorted by time, user and item", arguments: [1, 2, 1000])
    func windows(batch: Int) throws {
        let data = try build(batch: batch)
        let train = try data.interactions(.train)
        #expect(train.users.array == [0, 1, 0, 2, 0, 1])
        #expect(train.items.array == [0, 0, 1, 1, 0, 2])
        #expect(train.times.array == [0, 0, 1, 2, 3, 4].map { $0 * day })
        #expect(train.weights.array == [1, 1, 1, 1, 1, 1])
        // The last row is at day 9: the test window is days 7…9, validation days 5…6.
        #expect(try data.interactions(.validation).items.array == [0])
        #expect(try data.interactions(.test).users.array == [0, 4])
        #expect(try data.history([.train])[0] == [0, 1, 0])
        #expect(try data.history([.train, .validation, .test])[2] == [1, 0])
        #expect(try data.history([.train]).rows == 5)
    }

    @Test("The order of the table's rows changes nothing in the files")
    func orderOfRows() throws {
        var source = RandomSource(seed: 3)
        var shuffled = Self.shop
        source.shuffle(&shuffled)
        let workflow = try workflow("features: {context: {t: [weekday]}, history: {length: 2}}")
        let (one, two) = (try build(workflow, to: "one"), try build(workflow, rows: shuffled, batch: 2, to: "two"))
        for file in ["train/user.npy", "train/t.npy", "test/item.npy", "users/history.npy", "users/id.bytes.npy"] {
            #expect(
                try Data(contentsOf: URL(filePath: "\(one.path)/\(file)"))
                    == Data(contentsOf: URL(filePath: "\(two.path)/\(file)")), "\(file)")
        }
    }

    @Test("Nothing that is fitted sees a row at or after the validation start")
    func timeIsHonoured() throws {
        let workflow = try workflow(
            """
            features:
              user:
                age: [fill-missing: 0, normalize]
                spent: [join-group-by: {column: price, aggregate: sum}, normalize]
              item:
                price: [join-group-by: {column: price, aggregate: max}, min-max]
                colour: {from: colour, operators: [target-encode: {target: price, smoothing: 1, folds: 2}]}
              context:
                t: [weekday]
                price: [normalize]
                level: {from: price, operators: [bucketize: [11, 100], categorify]}
            """)
        // The same past with another future, in which prices, items and users go wild.
        let future: [(user: String, item: String, day: Int64, price: Double)] = [
            ("a", "gold", 5, 1e9), ("mallory", "hat", 6, -1e9), ("mallory", "gold", 9, .nan),
        ]
        let past = Self.shop.filter { $0.day < 5 }
        let one = try build(workflow, rows: Self.shop, to: "one")
        let two = try build(workflow, rows: past + future, to: "two")
        #expect(one.split.validationStart == two.split.validationStart)
        #expect(
            try Data(contentsOf: URL(filePath: "\(one.path)/workflow.json"))
                == Data(contentsOf: URL(filePath: "\(two.path)/workflow.json")))
        for column in ["t", "price", "level"] {
            #expect(
                try rows(one.interactions(.train).context.column(column))
                    == rows(two.interactions(.train).context.column(column)))
        }
    }

    @Test("Every training row encoded one by one at serving has the values of the dataset")
    func replay() throws {
        let workflow = try workflow(
            """
            features:
              user:
                age: [fill-missing: 0, bucketize: {every: 5}, categorify]
                years: {from: age, operators: [clip: {max: 60}, log, normalize]}
                spent: [join-group-by: {column: price, aggregate: mean}, min-max]
              item:
                colour: categorify
                rate: {from: colour, operators: [target-encode: {target: price, smoothing: 2, folds: 3}]}
                sold: [join-group-by: {aggregate: count}]
              context:
                t: [month]
                paid: {from: price, operators: [log, normalize]}
              history: {length: 2}
            """)
        _ = try build(workflow)
        let data = try InteractionDataset.open(folder("data"))
        let (users, items) = (try Table(Self.users), try Table(Self.items))
        func source(_ table: Table, _ id: String) throws -> [String: JSONValue] {
            var row: [String: JSONValue] = ["id": .string(id)]
            guard let place = (0..<table.rowCount).first(where: { table.columns[0].text($0) == id }) else { return row }
            for (name, column) in zip(table.schema.names, table.columns) where !column.isNull(place) {
                row[name] = column.text(place).map(JSONValue.string) ?? .number(column.number(place) ?? 0)
            }
            return row
        }
        let history = try data.history([.train])
        for (entities, table, group) in [(data.users, users, FeatureGroup.user), (data.items, items, .item)] {
            let features = try #require(entities.features)
            for index in 0..<entities.count {
                var row = try source(table, entities.id(index))
                if group == .user { row["history"] = .array(history[index].map { .string(data.items.id(Int($0))) }) }
                let encoded = try data.workflow.encode(row: row, group: group)
                for name in features.schema.names where name != "id" {
                    #expect(
                        try rows(features.column(name))[index] == rows(encoded.table.column(name))[0],
                        "\(name) of \(entities.id(index))")
                }
            }
        }
        let train = try data.interactions(.train)
        let prices = Self.shop.filter { $0.day < 5 }.sorted { ($0.day, $0.user, $0.item) < ($1.day, $1.user, $1.item) }
        for row in 0..<train.count {
            let encoded = try data.workflow.encode(
                row: [
                    "t": .integer(train.times[row]), "price": .number(prices[row].price),
                    "customer": .string(data.users.id(Int(train.users[row]))),
                ], group: .context)
            #expect(try rows(train.context.column("t"))[row] == rows(encoded.table.column("t"))[0])
            #expect(try rows(train.context.column("paid"))[row] == rows(encoded.table.column("paid"))[0])
        }
    }

    @Test("The catalogue holds what people are shown, nulls and all")
    func catalogue() throws {
        let data = try build()
        let catalogue = try #require(data.catalogue)
        #expect(try rows(catalogue.column("title")) == ["A hat", "A tie", "null", "null", "Nobody's"])
        #expect(try rows(catalogue.column("colour")) == ["null", "red", "null", "null", "blue"])
        #expect(data.title == "title")
    }

    @Test("Without windows everything is training")
    func refit() throws {
        let data = try build(Workflow(), Self.configuration().withoutSplit)
        #expect(data.rowCount(.train) == 9)
        #expect(data.rowCount(.validation) == 0)
        #expect(data.users.trainedCount == 4)
        #expect(try data.interactions(.test).count == 0)
    }

    @Test("Rare users and items are left out until all that stay are frequent")
    func minimumCounts() throws {
        var configuration = Self.configuration().withoutSplit
        configuration.minimumItemInteractions = 2
        configuration.minimumUserInteractions = 2
        // 'shoe' and 'new' go; then 'b' and 'z' have one row each and go; 'hat' and 'tie' keep two and more.
        let data = try build(Workflow(), configuration)
        #expect(data.users.trainedCount == 2)
        #expect(data.items.trainedCount == 2)
        #expect(data.rowCount(.train) == 5)
        #expect(data.notes.contains { $0.contains("too rarely") })
    }
}
