import Core
import Foundation
import Stores
import Synchronization
import TestSupport
import Testing

/// Publishing, switching, going back and cleaning up; each test runs against every driver.
@Suite(.timeLimit(.minutes(5)))
struct ListPublisherTests {
    @Test(arguments: Driver.available)
    func whatIsPublishedIsServed(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let shop = uniqueName("shop")
            let published = try await publish(store, shop, marker: 3, users: 2500)
            #expect(published.version == 1)
            #expect(published.isLive)
            #expect(published.manifest.users == 2500)
            #expect(published.manifest.lists == 2522)
            #expect(published.manifest.createdText == "2026-11-23T00:00:00Z")

            let reader = ListReader(store: store, shop: shop)
            #expect(try await reader.refresh())
            #expect(try await !reader.refresh())
            let snapshot = try #require(reader.snapshot)
            #expect(snapshot.manifest == published.manifest)
            #expect(try await snapshot.list(user: "user 17") == list(marker: 3, seed: 17))
            #expect(try await snapshot.list(user: "stranger") == nil)
            #expect(
                try await snapshot.lists(users: ["user 1", "stranger", "user 2"])
                    == [list(marker: 3, seed: 1), nil, list(marker: 3, seed: 2)])
            #expect(try await snapshot.similar(item: "item 5") == list(marker: 3, seed: 5))
            #expect(snapshot.fallback() == list(marker: 3, seed: 0))
            #expect(snapshot.fallback(segment: "men") == list(marker: 3, seed: 1))
            #expect(snapshot.fallback(segment: "unheard of") == list(marker: 3, seed: 0))
            #expect(snapshot.catalogue.count == 3000)
            #expect(snapshot.catalogue[2999] == item(2999))
            #expect(snapshot.catalogue.index(of: "item 1234") == 1234)
            #expect(snapshot.catalogue.index(of: "item 9999") == nil)
        }
    }

    @Test(arguments: Driver.available)
    func rollbackGoesBackOneByOne(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let shop = uniqueName("rollback")
            let publisher = ListPublisher(store: store, shop: shop)
            let none = await #expect(throws: MartletError.self) { _ = try await publisher.rollback() }
            #expect(none?.code == .notFound)
            for marker in 1...3 { try await publish(store, shop, marker: marker) }
            let reader = ListReader(store: store, shop: shop)
            try await reader.refresh()
            for expected in [2, 1] {
                #expect(try await publisher.rollback().version == expected)
                try await reader.refresh()
                #expect(reader.snapshot?.version == expected)
                #expect(try await reader.snapshot?.list(user: "user 1") == list(marker: expected, seed: 1))
            }
            await #expect(throws: MartletError.self) { _ = try await publisher.rollback() }
            // A number is never given out twice, or a reader could take the new version for the old one.
            #expect(try await publish(store, shop, marker: 4).version == 4)
        }
    }

    @Test(arguments: Driver.available)
    func oldVersionsGoWhenTheyAreOldAndMany(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let shop = uniqueName("prune")
            let time = Mutex<Int64>(1000)
            let publisher = ListPublisher(store: store, shop: shop) { time.withLock { $0 } }
            for marker in 1...4 {
                try await publish(store, shop, marker: marker, publisher: publisher)
                time.withLock { $0 += 100 }
            }
            // Versions 1, 2, 3 stopped being live at 1100, 1200, 1300; it is 1400.
            #expect(try await publisher.prune(keep: 0, olderThan: 1000).isEmpty)
            #expect(try await publisher.prune(keep: 1, olderThan: 250) == [1])
            #expect(try await publisher.versions().map(\.version) == [2, 3, 4])
            #expect(try await publisher.prune(keep: 1, olderThan: 0) == [2])
            #expect(try await publisher.prune(keep: 0, olderThan: 0) == [3])
            #expect(try await publisher.versions().map(\.isLive) == [true])
            #expect(try await store.namespaces().filter { $0.hasPrefix(shop) } == ["\(shop).v4"])
        }
    }

    @Test(arguments: Driver.available)
    func twoPublishersDoNotMeet(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let shop = uniqueName("two")
            let publisher = ListPublisher(store: store, shop: shop)
            let first = try await publisher.begin(manifest: manifest(), catalogue: [])
            let refusal = await #expect(throws: MartletError.self) {
                _ = try await publisher.begin(manifest: manifest(), catalogue: [])
            }
            #expect(refusal?.code == .busy)
            await first.abort()
            try await publish(store, shop, marker: 1)
        }
    }

    @Test(arguments: Driver.available)
    func anAbortedVersionLeavesNothing(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let shop = uniqueName("abort")
            try await publish(store, shop, marker: 1)
            let writer = try await ListPublisher(store: store, shop: shop)
                .begin(manifest: manifest(), catalogue: (0..<3000).map(item))
            try await writer.writeUsers((0..<10_000).map { ("user \($0)", list(marker: 2, seed: $0)) })
            await writer.abort()
            await writer.abort()
            #expect(try await store.namespaces().filter { $0.hasPrefix(shop) } == ["\(shop).v1"])
            let reader = ListReader(store: store, shop: shop)
            try await reader.refresh()
            #expect(try await reader.snapshot?.list(user: "user 1") == list(marker: 1, seed: 1))
        }
    }

    @Test(arguments: Driver.available)
    func leftoversOfADeadPublisherAreCleared(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let shop = uniqueName("dead")
            try await publish(store, shop, marker: 1)
            // What a killed publisher leaves: a namespace without a manifest, and no pointer to it.
            let leftover = try await store.create(namespace: "\(shop).v2")
            try await leftover.write(KeyValueBatch([(bytes("u:ghost"), bytes("x"))]))
            try await leftover.finish()
            let published = try await publish(store, shop, marker: 3)
            #expect(published.version == 2)
            let reader = ListReader(store: store, shop: shop)
            try await reader.refresh()
            #expect(try await reader.snapshot?.list(user: "ghost") == nil)
            #expect(try await reader.snapshot?.list(user: "user 1") == list(marker: 3, seed: 1))
        }
    }

    @Test(arguments: Driver.available)
    func twoListsUnderOneIdAreRefused(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let shop = uniqueName("twice")
            try await publish(store, shop, marker: 1)
            let writer = try await ListPublisher(store: store, shop: shop).begin(manifest: manifest(), catalogue: [])
            try await writer.writeUsers([("a", list(marker: 1, seed: 1)), ("a", list(marker: 2, seed: 2))])
            let refusal = await #expect(throws: MartletError.self) { _ = try await writer.commit() }
            #expect(refusal?.code == .invalidData)
            let reader = ListReader(store: store, shop: shop)
            try await reader.refresh()
            #expect(reader.snapshot?.version == 1)
        }
    }

    @Test(arguments: Driver.available)
    func equalListsAreEqualBytes(_ driver: Driver) async throws {
        try await driver.withStore { store in
            try await withTemporaryFolder { folder in
                let shops = [uniqueName("equal"), uniqueName("equal")]
                var dumps: [String] = []
                for shop in shops {
                    try await publish(store, shop, marker: 7)
                    try await publish(store, shop, marker: 8)
                    let path = "\(folder)/\(shop)"
                    try await ListPublisher(store: store, shop: shop).dump(version: 2, to: path)
                    dumps.append(try String(contentsOfFile: path, encoding: .utf8))
                }
                #expect(dumps[0] == dumps[1])
                // Users, similar items, fallbacks, three pieces of the catalogue, the names of segments.
                let lines: Int = dumps[0].utf8.count { $0 == UInt8(ascii: "\n") }
                #expect(lines == 326)
                try await ListPublisher(store: store, shop: shops[0]).dump(version: 1, to: "\(folder)/old")
                #expect(try String(contentsOfFile: "\(folder)/old", encoding: .utf8) != dumps[0])
            }
        }
    }

    /// Redis cannot keep a version that is removed while it is being loaded; the reader must take the next one then.
    @Test(arguments: Driver.available, [true, false])
    func aVersionThatIsRemovedWhileItIsLoadedIsNoFault(_ driver: Driver, _ removedBeforeOpening: Bool) async throws {
        try await driver.withStore { store in
            let shop = uniqueName("race")
            try await publish(store, shop, marker: 1)
            let overtake: @Sendable (String) async throws -> Void = { namespace in
                guard namespace.hasSuffix(".v1") else { return }
                try await publish(store, shop, marker: 2)
                try await ListPublisher(store: store, shop: shop).prune(keep: 0, olderThan: 0)
            }
            var hooked = HookedStore(store: store)
            if removedBeforeOpening { hooked.beforeOpening = overtake } else { hooked.afterOpening = overtake }
            let reader = ListReader(store: hooked, shop: shop)
            try await reader.refresh()
            let keepsOpenVersions = [.memory, .rocksdb].contains(driver)
            let expected = keepsOpenVersions && !removedBeforeOpening ? 1 : 2
            #expect(reader.snapshot?.version == expected)
            #expect(try await reader.snapshot?.list(user: "user 1") == list(marker: expected, seed: 1))
            try await reader.refresh()
            #expect(reader.snapshot?.version == 2)
        }
    }

    /// Every list of a version carries the version's marker: a request that saw two markers saw a mixture.
    @Test(arguments: Driver.available)
    func aPollingReaderNeverSeesAMixture(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let shop = uniqueName("mixture")
            try await publish(store, shop, marker: 1)
            let reader = ListReader(store: store, shop: shop, pollInterval: .milliseconds(5))
            try await reader.refresh()
            let isDone = Flag()
            let watching = Task { await reader.run() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask { [isDone, reader] in
                        // A store that is never waited for would keep the thread: the pause lets the others work.
                        while !isDone.isRaised {
                            try await Task.sleep(for: .milliseconds(2))
                            let snapshot = try #require(reader.snapshot)
                            let marker = snapshot.version
                            let users = (0..<20).map { _ in Int.random(in: 0..<300) }
                            let lists = try await snapshot.lists(users: users.map { "user \($0)" })
                            #expect(lists == users.map { list(marker: marker, seed: $0) })
                            #expect(snapshot.fallback() == list(marker: marker, seed: 0))
                            #expect(try await snapshot.similar(item: "item 3") == list(marker: marker, seed: 3))
                        }
                    }
                }
                for marker in 2...6 {
                    try await publish(store, shop, marker: marker)
                    try await waitUntil("the reader has version \(marker)") { reader.snapshot?.version == marker }
                }
                isDone.raise()
                try await group.waitForAll()
            }
            watching.cancel()
            #expect(reader.status.switches == 6)
        }
    }
}
