import Core
import Stores
import Synchronization
import TestSupport
import Testing

/// Remembers what it was told.
private final class Ear: FeatureListener {
    let told = Mutex<(keys: [[UInt8]], resets: [Bool])>(([], []))

    func changed(_ key: [UInt8]) { told.withLock { $0.keys.append(key) } }
    func reset(isHeard: Bool) { told.withLock { $0.resets.append(isHeard) } }

    var keys: [[UInt8]] { told.withLock { $0.keys } }
    var isHeard: Bool { told.withLock { $0.resets.last == true } }
    var resets: Int { told.withLock { $0.resets.count } }
}

@Suite(.timeLimit(.minutes(5)))
struct FeatureChangesTests {
    private let view = OnlineStoreContractTests.view("v")

    private func row(_ user: Int64, _ project: String, seconds: Int64 = 0) -> OnlineRow {
        OnlineRow(
            key: view.key([.int64(user)], project: project), timestamp: OnlineStoreContractTests.moment(seconds),
            values: [.float(1), .string("b")])
    }

    @Test(arguments: OnlineDriver.available)
    func whatIsWrittenIsTold(_ driver: OnlineDriver) async throws {
        try await driver.withStore { store in
            let features = FeatureStore(
                FeatureDefinitions(project: uniqueName("p"), entities: view.entities, views: [view]), online: store)
            let project = features.definitions.project
            guard let changes = features.changes(of: view.entities[0]) else {
                #expect(driver == .redisCluster)
                return
            }
            let ear = Ear()
            changes.add(ear)
            try await waitUntil("changes are heard") { ear.isHeard }
            let (first, second) = (row(1, project), row(2, project))
            _ = try await features.write([first, second], view: view)
            try await waitUntil("both are told") { ear.keys.contains(first.key) && ear.keys.contains(second.key) }
            #expect(features.entity(view.entities[0], ofKey: first.key) == .int64(1))
            #expect(features.entity(view.entities[0], ofKey: row(1, project + "x").key) == nil)
            #expect(features.entity(view.entities[0], ofKey: [0, 1, 2]) == nil)
        }
        try await driver.withStore(keyTTL: 60) { #expect($0.changes(prefix: []) == nil) }
    }

    /// Others write to a Redis server as well, remove keys, or all of them; and it may be gone for a while.
    @Test(.enabled(if: RedisServer.isInstalled))
    func whatOthersDoToAServerIsTold() async throws {
        let server = try RedisServer()
        try await server.waitUntilListening()
        let store = try await RedisOnlineStore.connect(server.configuration)
        let other = try await RedisOnlineStore.connect(server.configuration)
        let ear = Ear()
        let key = row(1, "p").key
        let changes = try #require(store.changes(prefix: Array(key.prefix(8))))
        changes.add(ear)
        try await waitUntil("changes are heard") { ear.isHeard }
        _ = try await other.write([row(1, "p")], view: view.name, fields: view.hashes)
        try await waitUntil("another's write is told") { ear.keys.contains(key) }
        let resets = ear.resets
        _ = try await runProgram("redis-cli", ["-p", "\(server.port)", "FLUSHALL"])
        try await waitUntil("that all is gone is told") { ear.resets > resets && ear.isHeard }
        server.kill()
        try await waitUntil("that nothing is heard is told") { !ear.isHeard }
        try server.start()
        try await server.waitUntilListening()
        try await waitUntil("changes are heard again") { ear.isHeard }
        await store.close()
        #expect(!ear.isHeard)
        await other.close()
    }
}
