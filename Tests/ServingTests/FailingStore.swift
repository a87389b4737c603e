import Core
import Stores
import Synchronization

/// A store in memory whose reads can be made to fail or to wait.
final class FailingStore: KeyValueStore {
    let isDown = Atomic(false)
    /// How long a read takes, in milliseconds.
    let delay = Atomic(0)
    /// How many reads of one key have begun.
    let reads = Atomic(0)
    private let base = MemoryStore()

    /// Waits until `count` reads of one key have begun.
    func waitForReads(_ count: Int) async throws {
        while reads.load(ordering: .relaxed) < count { try await Task.sleep(for: .milliseconds(5)) }
    }

    var summary: String { "failing" }
    func create(namespace: String) async throws -> any NamespaceWriter { try await base.create(namespace: namespace) }
    func open(namespace: String) async throws -> any NamespaceReader {
        Reader(base: try await base.open(namespace: namespace), store: self)
    }
    func drop(namespace: String) async throws { try await base.drop(namespace: namespace) }
    func namespaces() async throws -> [String] { try await base.namespaces() }
    func pointer(_ name: String) async throws -> [UInt8]? {
        try check()
        return try await base.pointer(name)
    }
    func setPointer(_ name: String, to value: [UInt8]?) async throws { try await base.setPointer(name, to: value) }
    func pointers(prefix: String) async throws -> [String] { try await base.pointers(prefix: prefix) }
    func lock(_ name: String) async throws -> any StoreLock { try await base.lock(name) }
    func checkHealth() async throws { try check() }
    func close() async { await base.close() }

    func check() throws {
        if isDown.load(ordering: .relaxed) { throw MartletError(.unavailable, "the wire is cut") }
    }

    struct Reader: NamespaceReader {
        let base: any NamespaceReader
        let store: FailingStore

        var name: String { base.name }
        func get(_ key: [UInt8]) async throws -> [UInt8]? {
            try store.check()
            store.reads.wrappingAdd(1, ordering: .relaxed)
            let delay = store.delay.load(ordering: .relaxed)
            if delay > 0 { try await Task.sleep(for: .milliseconds(delay)) }
            return try await base.get(key)
        }
        func get(_ keys: [[UInt8]]) async throws -> [[UInt8]?] {
            try store.check()
            return try await base.get(keys)
        }
        func count() async throws -> Int { try await base.count() }
        func scan(_ body: @Sendable (KeyValueBatch) async throws -> Void) async throws { try await base.scan(body) }
    }
}
