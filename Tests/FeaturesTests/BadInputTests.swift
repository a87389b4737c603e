import Core
import Features
import Testing

@Suite("Bad input")
struct BadInputTests {
    let folder = TemporaryFolder()

    func build(
        _ columns: [(String, Column)], users: [(String, Column)]? = nil, yaml: String = "",
        validation: DatasetConfiguration.Boundary = .none, test: DatasetConfiguration.Boundary = .none,
        weight: String? = nil
    ) throws -> InteractionDataset {
        try InteractionDatasetBuilder(
            configuration: DatasetConfiguration(
                interactions: .init(user: "u", item: "i", time: "t", weight: weight),
                users: users == nil ? nil : .init(table: "users", id: "u"), validation: validation, test: test),
            workflow: workflow(yaml)
        ).build(
            users: users.map { users in { try stream(users) } }, interactions: { try stream(columns) },
            to: folder("data"))
    }

    static func rows(_ count: Int, every seconds: Int64 = day) -> [(String, Column)] {
        [
            ("u", Column(strings: (0..<count).map { "u\($0 % 3)" })),
            ("i", Column(strings: (0..<count).map { "i\($0 % 2)" })),
            ("t", Column(timestamps: (0..<count).map { Int64($0) * seconds * 1_000_000 })),
        ]
    }

    func fails(_ code: MartletError.Code, _ words: String, _ body: () throws -> InteractionDataset) {
        let error = #expect(throws: MartletError.self) { _ = try body() }
        #expect(error?.code == code, "\(String(describing: error))")
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        #expect(folder.contents.isEmpty)
    }

    @Test("A missing column is named with the nearest that there is")
    func missingColumn() {
        fails(.notFound, "the table 'interactions' has no column 't'") {
            try build([("u", Column(strings: ["a"])), ("i", Column(strings: ["b"])), ("tt", Column(strings: ["c"]))])
        }
        fails(.notFound, "did you mean 'agee'?") {
            try build(
                Self.rows(3), users: [("u", Column(strings: ["u0"])), ("agee", Column(doubles: [1]))],
                yaml: "features: {user: {age: normalize}}")
        }
    }

    @Test("An empty table, and one without a good row")
    func empty() {
        fails(.invalidData, "is empty") { try build(Self.rows(0)) }
        fails(.invalidData, "none of the 2 rows") {
            try build([
                ("u", Column(strings: [nil, "a"])), ("i", Column(strings: ["a", ""])),
                ("t", Column(timestamps: [0, 0])),
            ])
        }
    }

    @Test("Rows without user, item, time or weight are left out and counted")
    func leftOut() throws {
        let data = try build(
            [
                ("u", Column(strings: ["a", nil, "b", "c"])), ("i", Column(strings: ["x", "x", "y", "x"])),
                ("t", Column(timestamps: [0, 0, nil, 5])), ("w", Column(doubles: [2, 1, 1, .nan])),
            ], weight: "w")
        #expect(data.rowCount(.train) == 1)
        #expect(try data.interactions(.train).weights.array == [2])
        // One note for each of the three rows, and one because a single item is left.
        #expect(data.notes.count == 4)
        #expect(data.users.count == 3)
        #expect(data.users.trainedCount == 1)
    }

    @Test("One row is enough without windows, and too few with them")
    func oneRow() throws {
        #expect(try build(Self.rows(1)).rowCount(.train) == 1)
        #expect(throws: MartletError.self) { try build(Self.rows(1), test: .length(Double(day))) }
    }

    @Test("Splits outside the data say where the data lie")
    func splits() {
        fails(.invalidConfiguration, "the data run from 1970-01-01 to 1970-01-10") {
            try build(Self.rows(10), test: .date(20 * day))
        }
        fails(.invalidConfiguration, "the test window begins at 1969-12-22") {
            try build(Self.rows(10), test: .date(-10 * day))
        }
        fails(.invalidConfiguration, "nothing is left to train on") {
            try build(Self.rows(10), validation: .length(Double(6 * day)), test: .length(Double(6 * day)))
        }
        fails(.invalidConfiguration, "behind the test window's beginning") {
            try build(Self.rows(10), validation: .date(8 * day), test: .date(5 * day))
        }
    }

    @Test("A window without rows and users with one item are told of")
    func warnings() throws {
        let data = try build(
            [
                ("u", Column(strings: ["a", "b", "a"])), ("i", Column(strings: ["x", "x", "y"])),
                ("t", Column(timestamps: [0, 1_000_000, 100 * day * 1_000_000])),
            ], validation: .length(Double(10 * day)), test: .length(Double(10 * day)))
        #expect(data.notes.contains { $0.contains("validation window") && $0.contains("has no rows") })
        #expect(data.notes.contains { $0.contains("single training interaction") })
        #expect(data.notes.contains { $0.contains("single item") })
    }

    @Test("Ids that come twice are refused with an example")
    func duplicates() {
        fails(.invalidData, "1 rows whose 'u' came before, such as 'u1'") {
            try build(Self.rows(3), users: [("u", Column(strings: ["u1", "u0", "u1"]))])
        }
    }

    @Test("Dates may be text; what is no date is named with its row")
    func textDates() throws {
        var columns = Self.rows(3)
        columns[2].1 = Column(strings: ["2020-09-22", "2020-09-22", "2020-09-20T00:00:01"])
        #expect(try build(columns).interactions(.train).times.array == [1_600_560_001, 1_600_732_800, 1_600_732_800])
        columns[2].1 = Column(strings: ["2020-09-22", "yesterday", nil])
        let error = #expect(throws: MartletError.self) { try build(columns) }
        #expect(error?.message.contains("row 2 of 'interactions': 'yesterday'") == true)
        columns[2].1 = Column(doubles: [1, 2, 3])
        #expect(throws: MartletError.self) { try build(columns) }
    }

    @Test("Ids may be whole numbers")
    func numericIDs() throws {
        var columns = Self.rows(3)
        columns[0].1 = Column(integers: [7, -12, .max])
        let data = try build(columns)
        #expect(data.users.index(of: "-12") == 0)
        #expect(data.users.index(of: "9223372036854775807") == 2)
        columns[0].1 = Column(doubles: [1, 2, 3])
        #expect(throws: MartletError.self) { try build(columns) }
    }

    @Test("A row at serving: wrong types and misspelt keys are refused, absent keys are nulls")
    func rowsAtServing() throws {
        let data = try build(
            Self.rows(2), users: [("u", Column(strings: ["u0", "u1"])), ("age", Column(doubles: [10, 20]))],
            yaml: "features: {user: {age: [fill-missing: 15, normalize]}}")
        func encode(_ row: [String: JSONValue]) throws -> Float? {
            try data.workflow.encode(row: row, group: .user).number("age")
        }
        #expect(try encode(["age": 20]) == 1)
        #expect(try encode([:]) == encode(["age": nil]))
        #expect(throws: MartletError.self) { try encode(["age": "old"]) }
        let error = #expect(throws: MartletError.self) { try encode(["agee": 3]) }
        #expect(error?.hint == "did you mean 'age'?")
        #expect(throws: MartletError.self) {
            try data.workflow.transform(Table([("agee", Column(doubles: [1]))]), group: .user)
        }
        #expect(throws: MartletError.self) {
            try data.workflow.transform(Table([("age", Column(strings: ["1"]))]), group: .user)
        }
    }

    @Test("A project's places are read, and their faults told")
    func configuration() throws {
        let diagnostics = Diagnostics()
        let yaml = """
            interactions: {table: t, user: a, item: b, time: c, type: e, type-weights: {view: 0.1}}
            items: {id: b, title: name, show: [x, y], min-interactions: 3}
            split: {validation: 14d, test: 2020-09-16}
            """
        var fields = ConfigurationFields(
            try ConfigurationNode(yaml: yaml, file: "martlet.yml"), diagnostics: diagnostics)
        let configuration = DatasetConfiguration(&fields)
        fields.finish()
        try diagnostics.throwIfAny()
        #expect(configuration.validation == .length(Double(14 * day)))
        #expect(configuration.test == .date(1_600_214_400))
        #expect(configuration.minimumItemInteractions == 3)
        #expect(configuration.users == nil)
        #expect(configuration.interactions.typeWeights == ["view": 0.1])
        let found = try faults("interactions: {usr: a, item: b, time: c}\nsplit: {test: soon}") {
            _ = DatasetConfiguration(&$0)
        }
        #expect(found.count == 3, "\(found)")
    }
}
