import Core
import Foundation
import Stores
import TestSupport
import Testing

/// One process publishes, another one serves, as `martlet publish` and `martlet serve` do.
@Suite(.timeLimit(.minutes(5)))
struct SeveralProcessesTests {
    @Test(arguments: Driver.shared)
    func aReaderFollowsAPublisherOfAnotherProcess(_ driver: Driver) async throws {
        try await driver.withPlace { place in
            let shop = uniqueName("processes")
            let first = try await place.open(readOnly: false)
            try await publish(first, shop, marker: 1)
            await first.close()

            let store = try await place.open(readOnly: true)
            let reader = ListReader(store: store, shop: shop, pollInterval: .milliseconds(5))
            try await reader.refresh()
            let (isAsking, isDone) = (Flag(), Flag())
            let watching = Task { await reader.run() }
            let asking = Task {
                var seen: Set<Int> = []
                while !isDone.isRaised || reader.snapshot?.version != 6 {
                    let snapshot = try #require(reader.snapshot)
                    seen.insert(snapshot.version)
                    isAsking.raise()
                    let users = (0..<20).map { _ in Int.random(in: 0..<300) }
                    let lists = try await snapshot.lists(users: users.map { "user \($0)" })
                    #expect(lists == users.map { list(marker: snapshot.version, seed: $0) })
                    try await Task.sleep(for: .milliseconds(2))
                }
                return seen
            }
            try await waitUntil("the reader asks") { isAsking.isRaised }
            await #expect(processExitsWith: .success) { [place = place as Place, shop = shop as String] in
                let store = try await place.open(readOnly: false)
                let publisher = ListPublisher(store: store, shop: shop)
                for marker in 2...6 {
                    try await publish(store, shop, marker: marker)
                    // RocksDB's readers may still use what is removed here; Redis's would find it empty.
                    try await publisher.prune(keep: place.keepsOpenVersions ? 0 : 6, olderThan: 0)
                    try await Task.sleep(for: .milliseconds(50))
                }
                await store.close()
            }
            isDone.raise()
            let seen = try await asking.value
            watching.cancel()
            #expect(seen.contains(1))
            #expect(reader.snapshot?.version == 6)
            #expect(try await reader.snapshot?.list(user: "user 9") == list(marker: 6, seed: 9))
            #expect(reader.status.error == nil)
            await #expect(throws: MartletError.self) { _ = try await store.create(namespace: "\(shop).v7") }
            await store.close()
        }
    }

    @Test(arguments: Driver.shared, Moment.allCases)
    func aPublisherThatIsKilledLeavesAWholeVersion(_ driver: Driver, _ moment: Moment) async throws {
        try await driver.withPlace { place in
            let shop = uniqueName("killed")
            let store = try await place.open(readOnly: false)
            try await publish(store, shop, marker: 1)
            let served = ListReader(store: store, shop: shop)
            try await served.refresh()

            await #expect(processExitsWith: .signal(SIGKILL)) {
                [place = place as Place, shop = shop as String, moment = moment as Moment] in
                let store = moment.deadly(try await place.open(readOnly: false))
                guard moment == .writing else {
                    try await publish(store, shop, marker: 2)
                    return
                }
                let writer = try await ListPublisher(store: store, shop: shop)
                    .begin(manifest: manifest(), catalogue: (0..<3000).map(item))
                try await writer.writeUsers((0..<20_000).map { ("user \($0)", list(marker: 2, seed: $0)) })
                Moment.die()
            }

            let live = moment == .afterSwitch ? 2 : 1
            // Who served before goes on, and who starts now finds a whole version.
            #expect(try await served.snapshot?.list(user: "user 5") == list(marker: 1, seed: 5))
            let reader = ListReader(store: store, shop: shop)
            try await reader.refresh()
            let snapshot = try #require(reader.snapshot)
            #expect(snapshot.version == live)
            let lists = try await snapshot.lists(users: (0..<300).map { "user \($0)" })
            #expect(lists == (0..<300).map { list(marker: live, seed: $0) })

            // The dead process holds no lock, and what it left is cleared or a whole version of its own.
            let next = try await publish(store, shop, marker: 3)
            #expect(next.version == (moment == .afterSwitch || moment == .beforeSwitch ? 3 : 2))
            let publisher = ListPublisher(store: store, shop: shop)
            for version in try await publisher.versions() {
                let stored = try await StoreChecksum(of: store.open(namespace: "\(shop).v\(version.version)"))
                #expect(stored.text == version.manifest.checksum)
            }
            let expected = try await publisher.versions().map { "\(shop).v\($0.version)" }
            #expect(try await store.namespaces().filter { $0.hasPrefix("\(shop).") } == expected)
            #expect(try await publisher.rollback().version == live)
            await store.close()
        }
    }
}
