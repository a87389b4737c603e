import Core
import Stores
import Synchronization
import Testing

/// What every store must do; each test runs against every driver.
@Suite(.timeLimit(.minutes(5)))
struct StoreContractTests {
    @Test(arguments: Driver.available)
    func whatIsWrittenIsRead(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let name = uniqueName("read")
            let writer = try await store.create(namespace: name)
            var batch = KeyValueBatch()
            // Keys and values with every byte, empty values, and braces, which mean something to a cluster.
            for byte in UInt8.min ... .max {
                batch.append(key: [byte, 0x3A], value: [UInt8](repeating: byte, count: Int(byte)))
            }
            for key in ["a{b}c", "{}", "{", "}{x}", "\r\n", "ключ", "*?[a]\\"] {
                batch.append(key: bytes(key), value: bytes(key))
            }
            try await writer.write(batch)
            try await writer.finish()

            let reader = try await store.open(namespace: name)
            for index in 0..<batch.count {
                #expect(try await reader.get(batch.key(index)) == batch.value(index))
            }
            #expect(try await reader.get(bytes("absent")) == nil)
            let keys: [[UInt8]] = (0..<batch.count).map { batch.key($0) }
            var expected: [[UInt8]?] = (0..<batch.count).map { batch.value($0) }
            expected.append(nil)
            let found = try await reader.get(keys + [bytes("absent")])
            #expect(found == expected)
            #expect(try await reader.get([]).isEmpty)
            #expect(try await reader.count() == batch.count)
            try await store.drop(namespace: name)
        }
    }

    @Test(arguments: Driver.available)
    func scanGivesEveryEntryOnce(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let name = uniqueName("scan")
            let writer = try await store.create(namespace: name)
            var expected = StoreChecksum()
            for part in 0..<4 {
                var batch = KeyValueBatch()
                for index in 0..<5000 {
                    batch.append(key: bytes("u:\(part)-\(index)"), value: bytes("value \(index * part)"))
                }
                expected.add(batch)
                try await writer.write(batch)
            }
            try await writer.finish()
            let reader = try await store.open(namespace: name)
            #expect(try await StoreChecksum(of: reader) == expected)
            #expect(try await reader.count() == 20_000)
            try await store.drop(namespace: name)
        }
    }

    @Test(arguments: Driver.available)
    func theLastWriteOfAKeyCountsAndDeletedKeysAreGone(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let name = uniqueName("overwrite")
            let writer = try await store.create(namespace: name)
            try await writer.write(KeyValueBatch([(bytes("a"), bytes("1")), (bytes("b"), bytes("1"))]))
            try await writer.write(KeyValueBatch([(bytes("a"), bytes("2"))]))
            try await writer.delete([bytes("b"), bytes("never there")])
            try await writer.finish()
            let reader = try await store.open(namespace: name)
            #expect(try await reader.get(bytes("a")) == bytes("2"))
            #expect(try await reader.get(bytes("b")) == nil)
            #expect(try await reader.count() == 1)
            try await store.drop(namespace: name)
        }
    }

    @Test(arguments: Driver.available)
    func namespacesAreApartAndDroppedWhole(_ driver: Driver) async throws {
        try await driver.withStore { store in
            // One name begins with the other: a careless prefix would mix them.
            let names = [uniqueName("apart")].flatMap { [$0, $0 + "1"] }
            for name in names {
                let writer = try await store.create(namespace: name)
                try await writer.write(KeyValueBatch([(bytes("k"), bytes(name))]))
                try await writer.finish()
            }
            #expect(Set(try await store.namespaces()).isSuperset(of: names))
            try await store.drop(namespace: names[0])
            #expect(try await !store.namespaces().contains(names[0]))
            #expect(try await store.open(namespace: names[1]).get(bytes("k")) == bytes(names[1]))
            await #expect(throws: MartletError.self) { _ = try await store.open(namespace: names[0]) }
            try await store.drop(namespace: names[0])
            try await store.drop(namespace: names[1])
        }
    }

    @Test(arguments: Driver.available)
    func creatingAgainForgetsWhatWasThere(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let name = uniqueName("again")
            let first = try await store.create(namespace: name)
            try await first.write(KeyValueBatch([(bytes("old"), bytes("1"))]))
            try await first.finish()
            let second = try await store.create(namespace: name)
            try await second.write(KeyValueBatch([(bytes("new"), bytes("2"))]))
            try await second.finish()
            let reader = try await store.open(namespace: name)
            #expect(try await reader.get(bytes("old")) == nil)
            #expect(try await reader.count() == 1)
            let third = try await store.create(namespace: name)
            await third.cancel()
            #expect(try await !store.namespaces().contains(name))
        }
    }

    @Test(arguments: Driver.available)
    func pointersAreReplacedWhole(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let name = uniqueName("pointer")
            #expect(try await store.pointer(name) == nil)
            let values = (0..<2).map { [UInt8](repeating: UInt8($0), count: 5000 + 5000 * $0) }
            try await store.setPointer(name, to: values[0])
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for round in 0..<100 { try await store.setPointer(name, to: values[round % 2]) }
                }
                for _ in 0..<2 {
                    group.addTask {
                        for _ in 0..<200 {
                            let seen = try #require(try await store.pointer(name))
                            #expect(values.contains(seen))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.pointers(prefix: name) == [name])
            try await store.setPointer(name, to: nil)
            #expect(try await store.pointer(name) == nil)
            #expect(try await store.pointers(prefix: name).isEmpty)
        }
    }

    @Test(arguments: Driver.available)
    func aLockHasOneHolder(_ driver: Driver) async throws {
        try await driver.withStore { store in
            let name = uniqueName("lock")
            let lock = try await store.lock(name)
            try await lock.confirm()
            let refusal = await #expect(throws: MartletError.self) { _ = try await store.lock(name) }
            #expect(refusal?.code == .busy)
            await lock.release()
            await lock.release()
            let next = try await store.lock(name)
            await next.release()
        }
    }

    @Test(arguments: Driver.available)
    func namesThatCannotBeFilesAreRefused(_ driver: Driver) async throws {
        try await driver.withStore { store in
            for name in ["", "../up", "a b", ".hidden", "a:b", String(repeating: "x", count: 201)] {
                let refusal = await #expect(throws: MartletError.self) { _ = try await store.create(namespace: name) }
                #expect(refusal?.code == .invalidConfiguration)
                await #expect(throws: MartletError.self) { try await store.setPointer(name, to: [1]) }
            }
            try await store.checkHealth()
        }
    }
}
