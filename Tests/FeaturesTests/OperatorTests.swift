import Core
import Features
import Testing

/// Each operator on values whose results were worked out by hand.
@Suite("Operators")
struct OperatorTests {
    let folder = TemporaryFolder()

    /// Fits on all rows of a users table (each user bought once) and returns the feature's column.
    func encode(_ yaml: String, _ column: Column) throws -> [String] {
        let ids = (0..<column.count).map { "u\(100 + $0)" }
        let data = try InteractionDatasetBuilder(
            configuration: DatasetConfiguration(
                interactions: .init(user: "u", item: "i", time: "t"), users: .init(table: "users", id: "u"),
                validation: .none, test: .none),
            workflow: workflow("features: {user: {x: \(yaml)}}")
        ).build(
            users: { try stream([("u", Column(strings: ids)), ("x", column)]) },
            interactions: {
                try stream([
                    ("u", Column(strings: ids)), ("i", Column(strings: ids.map { _ in "i" })),
                    ("t", Column(timestamps: ids.map { _ in 0 })),
                ])
            }, to: folder("data"))
        return try rows(#require(data.users.features).column("x"))
    }

    @Test(
        "Numbers",
        arguments: [
            ("[clip: {min: 0, max: 2}]", [-1, 1, nil, 5], ["0.0", "1.0", "0.0", "2.0"]),
            ("[clip: {max: 2}]", [-1, 1, nil, 5], ["-1.0", "1.0", "0.0", "2.0"]),
            ("log", [0, -1, -2, nil], ["0.0", "0.0", "0.0", "0.0"]),
            // Mean 2, deviation 1 over the values that are there; a null is the mean.
            ("normalize", [1, 3, nil, .nan], ["-1.0", "1.0", "0.0", "0.0"]),
            ("normalize", [7, 7], ["0.0", "0.0"]),
            ("[fill-missing: 5, normalize]", [1, nil], ["-1.0", "1.0"]),
            ("[fill-missing: {with: mean}]", [1, 3, nil], ["1.0", "3.0", "2.0"]),
            ("min-max", [2, 4, 6, nil], ["0.0", "0.5", "1.0", "0.0"]),
            ("min-max", [2, .infinity, 4], ["0.0", "0.0", "1.0"]),
            // Buckets 0, 1, 1, 2 and a null: 1 is the most frequent (code 2), then 0 (3) and 2 (4).
            ("[bucketize: [10, 20]]", [9.9, 10, 19, 20, nil], ["3.0", "2.0", "2.0", "4.0", "0.0"]),
            ("[bucketize: {every: 5}, categorify]", [-1, 4, 0, 5], ["3.0", "2.0", "2.0", "4.0"]),
            ("", [1, 3], ["-1.0", "1.0"]),
        ] as [(String, [Double?], [String])])
    func numbers(yaml: String, values: [Double?], expected: [String]) throws {
        #expect(try encode(yaml, Column(doubles: values)) == expected)
    }

    @Test(
        "Texts",
        arguments: [
            // By descending count, ties by text; codes from 2.
            ("categorify", ["b", "a", nil, "c", "c"], ["4.0", "3.0", "0.0", "2.0", "2.0"]),
            ("[categorify: {min-count: 2}]", ["b", "a", nil, "c", "c"], ["1.0", "1.0", "0.0", "2.0", "2.0"]),
            ("[categorify: {max-size: 1}]", ["b", "a", "c", "c"], ["1.0", "1.0", "2.0", "2.0"]),
            ("[categorify: {max-size: 0, buckets: 1}]", ["b", nil], ["2.0", "0.0"]),
            ("[fill-missing: none, categorify]", [nil, "a", "none"], ["2.0", "3.0", "2.0"]),
            ("", ["x", "", nil], ["3.0", "2.0", "0.0"]),
            ("[month]", ["2020-09-22", "1969-12-31T23:59:59Z", nil, "2020-09-01"], ["2.0", "3.0", "0.0", "2.0"]),
        ] as [(String, [String?], [String])])
    func texts(yaml: String, values: [String?], expected: [String]) throws {
        #expect(try encode(yaml, Column(strings: values)) == expected)
    }

    @Test(
        "Parts of dates, before and behind 1970",
        arguments: [
            ("2020-09-22T18:30:00Z", [2020, 9, 22, 2, 18, 39]), ("2000-02-29", [2000, 2, 29, 2, 0, 9]),
            ("1969-12-31T23:59:59.5Z", [1969, 12, 31, 3, 23, 1]), ("2021-01-03", [2021, 1, 3, 7, 0, 53]),
            ("2020-12-31T23:00:00-02:00", [2021, 1, 1, 5, 1, 53]), ("2018-12-31", [2018, 12, 31, 1, 0, 1]),
        ])
    func dates(text: String, expected: [Int64]) throws {
        let moment = try #require(ISOTime.microseconds(text))
        let parts: [DatePart.Part] = [.year, .month, .day, .weekday, .hour, .week]
        for (part, value) in zip(parts, expected) {
            let column = try DatePart(part).apply(FeatureColumn(.moment([moment])), rows: FeatureRows())
            guard case .integer(let values) = column.values else {
                Issue.record("no integers")
                return
            }
            #expect(values == [value], "\(part)")
        }
    }

    @Test(
        "What is no date is none",
        arguments: ["", "2020", "2020-13-01", "2021-02-29", "2020-01-01T", "2020-01-01T25:00", "2020-01-01x", "20-1-1"])
    func noDates(text: String) {
        #expect(ISOTime.microseconds(text) == nil)
    }

    @Test("Aggregates over each item's training rows")
    func aggregates() throws {
        var features = "features: {item: {"
        for name in ["count", "sum", "mean", "std", "min", "max"] {
            features += "\(name): [join-group-by: {column: price, aggregate: \(name)}], "
        }
        let data = try InteractionDatasetBuilder(
            configuration: DatasetConfiguration(
                interactions: .init(user: "u", item: "i", time: "t"), items: .init(table: "items", id: "i"),
                validation: .none, test: .none),
            workflow: workflow(features + "}}")
        ).build(
            items: { try stream([("i", Column(strings: ["cold", "a", "b"]))]) },
            interactions: {
                try stream([
                    ("u", Column(strings: ["x", "x", "y", "y"])), ("i", Column(strings: ["a", "a", "a", "b"])),
                    ("t", Column(timestamps: [0, 1, 2, 3])), ("price", Column(doubles: [1, 3, nil, .nan])),
                ])
            }, to: folder("data"))
        let table = try #require(data.items.features)
        #expect(try rows(table.column("count")) == ["2.0", "0.0", "0.0"])
        #expect(try rows(table.column("sum")) == ["4.0", "0.0", "0.0"])
        #expect(try rows(table.column("mean")) == ["2.0", "0.0", "0.0"])
        #expect(try rows(table.column("std")) == ["1.0", "0.0", "0.0"])
        #expect(try rows(table.column("min")) == ["1.0", "0.0", "0.0"])
        #expect(try rows(table.column("max")) == ["3.0", "0.0", "0.0"])
    }

    @Test("A target encoding leaves the row's own fold out")
    func targetEncoding() throws {
        // Two users in different folds with one category: each is told of the other's target alone.
        let ids = (0..<50).map { "user \($0)" }
        let folds = ids.map { TextHash.hash($0) % 2 }
        let one = try #require(ids.indices.first { folds[$0] == 0 })
        let two = try #require(ids.indices.first { folds[$0] == 1 })
        let data = try InteractionDatasetBuilder(
            configuration: DatasetConfiguration(
                interactions: .init(user: "u", item: "i", time: "t"), validation: .none, test: .none),
            workflow: workflow(
                "features: {context: {c: [target-encode: {target: y, smoothing: 0, folds: 2}]}}")
        ).build(
            interactions: {
                try stream([
                    ("u", Column(strings: [ids[one], ids[two]])), ("i", Column(strings: ["a", "a"])),
                    ("t", Column(timestamps: [0, 1_000_000])), ("c", Column(strings: ["k", "k"])),
                    ("y", Column(doubles: [10, 30])),
                ])
            }, to: folder("data"))
        #expect(try rows(data.interactions(.train).context.column("c")) == ["30.0", "10.0"])
        // A stranger has no fold: all rows count. An unseen category is the overall mean.
        let stranger = try data.workflow.encode(row: ["c": "k"], group: .context)
        #expect(stranger.number("c") == 20)
        #expect(try data.workflow.encode(row: ["c": "other"], group: .context).number("c") == 20)
    }

    @Test(
        "Faults of a project are all told, with the nearest name",
        arguments: [
            ("features: {user: {a: [categorfy]}}", "did you mean 'categorify'?"),
            ("features: {user: {a: [clip: {}]}}", "needs 'min', 'max' or both"),
            ("features: {user: {a: [clip: {min: 2, max: 1}]}}", "'min' above its 'max'"),
            ("features: {user: {a: [bucketize: [3, 2]]}}", "do not ascend"),
            ("features: {user: {a: [bucketize: {every: 0}]}}", "must be above 0"),
            ("features: {user: {a: [log: 3]}}", "takes no settings"),
            ("features: {user: {a: [fill-missing]}}", "needs a value"),
            ("features: {user: {a: [join-group-by: {column: p}]}}", "needs an 'aggregate'"),
            ("features: {user: {a: [log, join-group-by: {aggregate: count}]}}", "must be the first operator"),
            ("features: {context: {a: [join-group-by: {aggregate: count}]}}", "belongs to users or items"),
            ("features: {context: {time: [month]}}", "would hide"),
            ("features: {users: {}}", "did you mean 'user'?"),
            ("features: {user: {a: [target-encode: {tarhet: y}]}}", "did you mean 'target'?"),
            ("features: {history: {length: 0}}", "must lie in"),
        ])
    func projectFaults(yaml: String, expected: String) throws {
        let found = try faults(yaml) { _ = Workflow(&$0) }
        #expect(found.contains { $0.contains(expected) }, "\(found)")
        #expect(found.allSatisfy { $0.contains("martlet.yml:1:") }, "\(found)")
    }

    @Test(
        "Operators refuse values that they have no meaning for",
        arguments: [
            ("log", "log takes numbers, found text"), ("[categorify, log]", "log takes numbers, found category codes"),
            ("[fill-missing: 0]", "quote the value"), ("[fill-missing: a]", "put categorify behind it"),
            ("[month]", "is no date"),
        ])
    func wrongKinds(yaml: String, expected: String) {
        let error = #expect(throws: MartletError.self) { try encode(yaml, Column(strings: ["a", "b"])) }
        #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
        #expect(error?.description.contains("feature 'x' of user") == true)
        #expect(folder.contents.isEmpty)
    }
}
