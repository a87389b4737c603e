import Core
import Stores
import TestSupport
import Testing

/// What every online store must do; each test runs against every driver.
@Suite(.timeLimit(.minutes(5)))
struct OnlineStoreContractTests {
    static func view(_ name: String, _ fields: [FeatureField] = [.init("a", .float), .init("b", .string)])
        -> FeatureView
    {
        FeatureView(
            name: name, entities: [FeatureEntity(name: "user", joinKey: "user_id", type: .int64)], fields: fields)
    }

    static func moment(_ seconds: Int64) -> FeatureTimestamp { FeatureTimestamp(seconds: 1_700_000_000 + seconds) }

    @Test(arguments: OnlineDriver.available)
    func everyTypeComesBack(_ driver: OnlineDriver) async throws {
        try await driver.withStore { store in
            let values: [FeatureValue] = [
                .bytes([]), .bytes(Array(0...255)), .string("\r\n$-1\r\n*2"), .int32(.min), .int64(.max), .double(-0.0),
                .float(.infinity), .bool(false), .unixTimestamp(-1), .bytesList([[], [0]]), .stringList(["", "é"]),
                .int32List([.min, .max]), .int64List([]), .doubleList([.pi]), .floatList([-.infinity]),
                .boolList([true]), .unixTimestampList([0, .max]), .null,
            ]
            let view = Self.view(
                uniqueName("types"), values.indices.map { FeatureField("f\($0)", values[$0].type ?? .string) })
            let features = FeatureStore(
                FeatureDefinitions(project: uniqueName("p"), entities: view.entities, views: [view]), online: store)
            let key = view.key([.int64(1)], project: features.definitions.project)
            let row = OnlineRow(key: key, timestamp: Self.moment(0), values: values)
            #expect(try await features.write([row], view: view) == OnlineWriteCount(written: 1))
            let answer = try await features.features(features.plan([view.name]), entities: ["user_id": [.int64(1)]])
            #expect(answer.columns.map { $0.values[0] } == values)
            #expect(answer.columns.dropLast().allSatisfy { $0.statuses == [.present] })
            #expect(answer.columns.last?.statuses == [.nullValue])
            #expect(answer.columns.allSatisfy { $0.timestamps == [Self.moment(0)] })
        }
    }

    @Test(arguments: OnlineDriver.available)
    func onlyNewerRowsAreWritten(_ driver: OnlineDriver) async throws {
        try await driver.withStore { store in
            try await store.checkHealth()
            let view = Self.view(uniqueName("newer"))
            let key = view.key([.int64(1)], project: "p")
            func write(_ rows: (Int64, Float?, String?)...) async throws -> OnlineWriteCount {
                let rows = rows.map { seconds, a, b in
                    OnlineRow(
                        key: key, timestamp: Self.moment(seconds),
                        values: [a.map { .float($0) }, b.map { .string($0) }])
                }
                return try await store.write(rows, view: view.name, fields: view.hashes)
            }
            func read() async throws -> OnlineRecord {
                try await store.read([
                    OnlineRead(keys: [key], views: [.init(name: view.name, fields: view.hashes)])
                ])[0][0]
            }
            #expect(try await read() == OnlineRecord(values: [nil, nil]))
            #expect(try await write((5, 5, "five")) == OnlineWriteCount(written: 1))
            #expect(try await write((4, 4, "four")) == OnlineWriteCount(skipped: 1))
            #expect(try await write((5, 6, "same")) == OnlineWriteCount(skipped: 1))
            #expect(
                try await read() == OnlineRecord(timestamp: Self.moment(5), values: [.float(5), .string("five")]))
            // Within one write as well; a row without a feature leaves it as it was.
            #expect(
                try await write((7, 7, nil), (6, 6, "six"), (8, nil, "eight"), (8, 9, "again"))
                    == OnlineWriteCount(written: 2, skipped: 2))
            #expect(
                try await read() == OnlineRecord(timestamp: Self.moment(8), values: [.float(7), .string("eight")]))
            // A nanosecond is newer.
            let later = OnlineRow(
                key: key, timestamp: FeatureTimestamp(seconds: Self.moment(8).seconds, nanoseconds: 1),
                values: [.null, nil])
            #expect(
                try await store.write([later], view: view.name, fields: view.hashes) == OnlineWriteCount(written: 1))
            #expect(try await read().values == [.null, .string("eight")])
        }
    }

    @Test(arguments: OnlineDriver.available)
    func manyEntitiesAndViewsAreReadAtOnce(_ driver: OnlineDriver) async throws {
        try await driver.withStore { store in
            let item = FeatureEntity(name: "item", joinKey: "item_id", type: .string)
            let first = Self.view(uniqueName("one"))
            let second = Self.view(uniqueName("two"), [.init("c", .int64), .init("d", .floatList)])
            let third = FeatureView(
                name: uniqueName("items"), entities: [item], fields: [.init("price", .double)], ttl: 100)
            let both = FeatureView(
                name: uniqueName("pairs"), entities: [item] + first.entities, fields: [.init("aff", .float)])
            let definitions = FeatureDefinitions(
                project: uniqueName("p"), entities: first.entities + [item], views: [first, second, third, both],
                services: [
                    FeatureService(name: "all", features: [both.name, "\(second.name):c", first.name, third.name])
                ])
            let features = FeatureStore(definitions, online: store, clock: { Self.moment(150) })
            func rows(_ view: FeatureView, _ count: Int, _ make: (Int) -> ([FeatureValue], [FeatureValue?]))
                -> [OnlineRow]
            {
                (0..<count).map { index in
                    let (key, values) = make(index)
                    return OnlineRow(
                        key: view.key(key, project: definitions.project), timestamp: Self.moment(Int64(index)),
                        values: values)
                }
            }
            _ = try await features.write(
                rows(first, 300) { ([.int64(Int64($0))], [.float(Float($0)), .string("s\($0)")]) }, view: first)
            _ = try await features.write(
                rows(second, 100) { ([.int64(Int64($0))], [.int64(Int64(-$0)), .floatList([Float($0)])]) },
                view: second)
            _ = try await features.write(
                rows(third, 200) { ([.string("i\($0)")], [.double(Double($0) / 2)]) }, view: third)
            _ = try await features.write(
                rows(both, 50) { ([.string("i\($0)"), .int64(Int64($0))], [.float(Float($0))]) }, view: both)

            let plan = try features.plan(service: "all")
            #expect(plan.names == ["aff", "c", "a", "b", "price"])
            let users = (0..<250).map { FeatureValue.int64(Int64($0 * 2)) }
            let items = (0..<250).map { FeatureValue.string("i\($0 % 240)") }
            let answer = try await features.features(plan, entities: ["user_id": users, "item_id": items])
            #expect(answer.failure == nil)
            for row in 0..<250 {
                let user = row * 2
                #expect(answer.columns[0].statuses[row] == (user == row % 240 && row < 50 ? .present : .notFound))
                #expect(answer.columns[1].values[row] == (user < 100 ? .int64(Int64(-user)) : .null))
                #expect(answer.columns[2].values[row] == (user < 300 ? .float(Float(user)) : .null))
                #expect(answer.columns[3].statuses[row] == (user < 300 ? .present : .notFound))
                let place = row % 240
                let expected: FeatureStatus = place >= 200 ? .notFound : place < 50 ? .outsideMaxAge : .present
                #expect(answer.columns[4].statuses[row] == expected)
            }
            #expect(features.statistics[third.name]?.outsideMaxAge == 60)
            #expect(features.statistics[first.name]?.present == 300)
        }
    }

    @Test(arguments: OnlineDriver.available)
    func entitiesAreForgotten(_ driver: OnlineDriver) async throws {
        try await driver.withStore(keyTTL: 1) { store in
            let view = Self.view(uniqueName("forgotten"))
            let key = view.key([.int64(1)], project: "p")
            func write(_ seconds: Int64, _ values: [FeatureValue?]) async throws {
                let row = OnlineRow(key: key, timestamp: Self.moment(seconds), values: values)
                _ = try await store.write([row], view: view.name, fields: view.hashes)
            }
            func read() async throws -> OnlineRecord {
                try await store.read([
                    OnlineRead(keys: [key], views: [.init(name: view.name, fields: view.hashes)])
                ])[0][0]
            }
            try await write(5, [.float(5), .string("five")])
            try await waitUntil("the entity is forgotten") { try await read().timestamp == nil }
            // What was forgotten is no reason to refuse an older row, and none of it comes back.
            try await write(4, [.float(4), nil])
            #expect(try await read() == OnlineRecord(timestamp: Self.moment(4), values: [.float(4), nil]))
        }
    }

    @Test(arguments: OnlineDriver.available)
    func requestsThatMakeNoSenseAreRefused(_ driver: OnlineDriver) async throws {
        try await driver.withStore { store in
            let view = Self.view("v")
            let features = FeatureStore(
                FeatureDefinitions(project: "p", entities: view.entities, views: [view]), online: store)
            for references in [["w:a"], ["v:aa"], ["v:a", "v:a"], ["v", "v:b"]] {
                #expect(throws: MartletError.self) { _ = try features.plan(references) }
            }
            let plan = try features.plan(["v:a"])
            let wrong: [[String: [FeatureValue]]] = [
                [:], ["user": [.int64(1)]], ["user_id": [.string("1")]], ["user_id": [.null]],
            ]
            for entities in wrong {
                let refusal = await #expect(throws: MartletError.self) {
                    _ = try await features.features(plan, entities: entities)
                }
                #expect(refusal?.code == .invalidData)
            }
            #expect(try await features.features(plan, entities: ["user_id": []]).columns[0].values.isEmpty)
        }
    }
}
