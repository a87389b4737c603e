import Core
import Foundation
import Stores
import TestSupport
import Testing

/// Real Feast on the same Redis server: it reads what we wrote, and we read what it wrote, every type.
@Suite(.timeLimit(.minutes(5)))
struct FeastTests {
    static let python = #filePath.replacingOccurrences(
        of: "Tests/StoresTests/Features/FeastTests.swift", with: ".venv/feast/bin/python")
    static let script = #filePath.replacingOccurrences(
        of: "Tests/StoresTests/Features/FeastTests.swift", with: "scripts/compare-feast")
    static let isInstalled = RedisServer.isInstalled && FileManager.default.isExecutableFile(atPath: python)

    static let user = FeatureEntity(name: "user", joinKey: "user_id", type: .int64)
    static let item = FeatureEntity(name: "item", joinKey: "item_id", type: .string)
    static let everyType = FeatureView(
        name: "every_type", entities: [user], fields: FeatureType.allCases.map { FeatureField($0.rawValue, $0) })
    static let affinity = FeatureView(name: "affinity", entities: [user, item], fields: [.init("aff", .float)])
    static let definitions = FeatureDefinitions(
        project: "shop", entities: [user, item], views: [everyType, affinity],
        services: [FeatureService(name: "ranker", features: ["every_type:float", "every_type:string_list"])])

    /// What we write, in the order of the types.
    static let ours: [FeatureValue] = [
        .bytes([0, 254]), .string("ann \u{e9}\u{6f22}\n"), .int32(-8), .int64(-(1 << 59)), .double(1.25e-301),
        .float(0.125),
        .bool(true), .unixTimestamp(1_600_736_523), .bytesList([[], [129]]), .stringList(["b", ""]),
        .int32List([-2, 0, .max]), .int64List([1 << 61, -2]), .doubleList([0.2, -2.25]), .floatList([0.5, -1.5]),
        .boolList([false, true]), .unixTimestampList([1_600_736_523, 0]),
    ]
    /// What the script writes.
    static let theirs: [FeatureValue] = [
        .bytes([0, 255]), .string("ann \u{e9}\u{6f22}"), .int32(-7), .int64(-(1 << 60)), .double(1.5e-300),
        .float(0.25),
        .bool(true), .unixTimestamp(1_600_736_523), .bytesList([[], [128]]), .stringList(["a", ""]),
        .int32List([-1, 0, .max]), .int64List([1 << 62, -1]), .doubleList([0.1, -2.5]), .floatList([0.5, -1.25]),
        .boolList([true, false]), .unixTimestampList([1_600_736_523, 1_600_822_923]),
    ]

    @Test(.enabled(if: isInstalled, "scripts/venv feast installs real Feast"))
    func feastReadsOursAndWeReadFeasts() async throws {
        let server = try RedisServer()
        try await server.waitUntilListening()
        let features = FeatureStore(
            Self.definitions, online: try await RedisOnlineStore.connect(server.configuration))
        let moment = try #require(FeatureTimestamp(parsing: "2026-11-23T08:00:00.000250Z"))
        func write(_ view: FeatureView, _ key: [FeatureValue], _ values: [FeatureValue]) async throws {
            let row = OnlineRow(key: view.key(key, project: "shop"), timestamp: moment, values: values)
            _ = try await features.write([row], view: view)
        }
        try await write(Self.everyType, [.int64(3)], Self.ours)
        try await write(Self.everyType, [.int64(4)], Self.ours.map { _ in .null })
        try await write(Self.affinity, [.string("i1"), .int64(3)], [.float(0.5)])

        try await withTemporaryFolder { folder in
            let (status, output) = try await runProgram(
                at: Self.python, [Self.script, "\(server.port)", folder])
            try #require(status == 0, "\(output)")
            let line = try #require(output.split(separator: "\n").last { $0.hasPrefix("{") })
            let feast = try JSONValue(parsing: String(line))

            // Feast reads ours: its server's answer is ours, save that Feast calls a null PRESENT.
            try await expectEqual(
                feast["read"]?["every_type"], features, ["every_type"], ["user_id": [.int64(3), .int64(4)]])
            try await expectEqual(
                feast["read"]?["affinity"], features, ["affinity:aff"],
                ["user_id": [.int64(3)], "item_id": [.string("i1")]])
            try await expectEqual(
                feast["read"]?["service"], features, features.definitions.service("ranker").features,
                ["user_id": [.int64(3)]])
            #expect(feast["again"] == feast["read"]?["affinity"])

            // We read Feast's.
            let answer = try await features.features(
                features.plan(["every_type"]), entities: ["user_id": [.int64(1), .int64(2)]])
            for (index, column) in answer.columns.enumerated() {
                let isThere = column.name == "int64"
                #expect(column.values == [Self.theirs[index], isThere ? .int64(5) : .null], "\(column.name)")
                #expect(column.statuses == [.present, isThere ? .present : .nullValue])
                #expect(column.timestamps[0].text == "2026-11-24T09:30:00.123456Z")
            }
            try await expectEqual(feast["own"], features, ["every_type"], ["user_id": [.int64(1), .int64(2)]])
            let pair = try await features.features(
                features.plan(["affinity"]), entities: ["user_id": [.int64(1)], "item_id": [.string("i1")]])
            #expect(pair.columns[0].values == [.float(0.75)])

            // Keys of every type, and hashes of names of every length.
            let keys: [String: FeatureValue] = [
                "bytes": .bytes([0, 255]), "string": .string("\u{e9}"), "int32": .int32(-7), "int64": .int64(1 << 40),
                "unix_timestamp": .unixTimestamp(1_600_736_523),
            ]
            for (type, value) in keys {
                #expect(feast["keys"]?[type]?.string == hex(try EntityKey([("k", value)]).serialized(project: "")))
            }
            for (name, hash) in feast["hashes"]?.object ?? [:] {
                let ours = withUnsafeBytes(of: Murmur3.hash(name.utf8).littleEndian) { hex(Array($0)) }
                #expect(hash.string == ours, "\(name)")
            }
        }
        await features.online.close()
    }

    private func expectEqual(
        _ feast: JSONValue?, _ features: FeatureStore, _ references: [String], _ entities: [String: [FeatureValue]]
    ) async throws {
        let plan = try features.plan(references)
        let answer = try await features.features(plan, entities: entities)
        let order = plan.entities.map { (name: $0.joinKey, values: entities[$0.joinKey] ?? []) }
        let text = answer.json(entities: order).replacingOccurrences(of: "NULL_VALUE", with: "PRESENT")
        let ours = try Self.columns(JSONValue(parsing: text))
        #expect(try Self.columns(#require(feast)) == ours)
    }

    /// The columns by name: Feast's order of the entities is a set's.
    private static func columns(_ answer: JSONValue) throws -> [String: JSONValue] {
        let names = try #require(answer["metadata"]?["feature_names"]?.array).compactMap(\.string)
        let results = try #require(answer["results"]?.array)
        #expect(names.count == results.count)
        return Dictionary(zip(names, results)) { first, _ in first }
    }
}
