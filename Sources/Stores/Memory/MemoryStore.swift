import Core
import Synchronization

/// A store in this process's memory: for tests, and for a demo that needs nothing else.
public final class MemoryStore: KeyValueStore {
    struct State {
        var namespaces: [String: [[UInt8]: [UInt8]]] = [:]
        var pointers: [String: [UInt8]] = [:]
        var locks: Set<String> = []
    }

    let state = Mutex(State())

    /// Makes an empty store.
    public init() {}

    /// See ``KeyValueStore/summary``.
    public var summary: String { "memory" }

    /// See ``KeyValueStore/create(namespace:)``.
    public func create(namespace: String) async throws -> any NamespaceWriter {
        try StoreName.check(namespace, kind: "namespace")
        state.withLock { $0.namespaces[namespace] = [:] }
        return MemoryNamespaceWriter(store: self, name: namespace)
    }

    /// See ``KeyValueStore/open(namespace:)``.
    public func open(namespace: String) async throws -> any NamespaceReader {
        guard let entries = state.withLock({ $0.namespaces[namespace] }) else {
            throw MartletError(.notFound, "there is no namespace '\(namespace)' in memory")
        }
        return MemoryNamespaceReader(name: namespace, entries: entries)
    }

    /// See ``KeyValueStore/drop(namespace:)``.
    public func drop(namespace: String) async throws {
        state.withLock { _ = $0.namespaces.removeValue(forKey: namespace) }
    }

    /// See ``KeyValueStore/namespaces()``.
    public func namespaces() async throws -> [String] { state.withLock { $0.namespaces.keys.sorted() } }

    /// See ``KeyValueStore/pointer(_:)``.
    public func pointer(_ name: String) async throws -> [UInt8]? { state.withLock { $0.pointers[name] } }

    /// See ``KeyValueStore/setPointer(_:to:)``.
    public func setPointer(_ name: String, to value: [UInt8]?) async throws {
        try StoreName.check(name, kind: "pointer")
        state.withLock { $0.pointers[name] = value }
    }

    /// See ``KeyValueStore/pointers(prefix:)``.
    public func pointers(prefix: String) async throws -> [String] {
        state.withLock { $0.pointers.keys.filter { $0.hasPrefix(prefix) }.sorted() }
    }

    /// See ``KeyValueStore/lock(_:)``.
    public func lock(_ name: String) async throws -> any StoreLock {
        try StoreName.check(name, kind: "lock")
        guard state.withLock({ $0.locks.insert(name).inserted }) else {
            throw MartletError(.busy, "the lock '\(name)' is held by another task of this process")
        }
        return MemoryLock(store: self, name: name)
    }

    /// See ``KeyValueStore/checkHealth()``.
    public func checkHealth() async throws {}

    /// See ``KeyValueStore/close()``.
    public func close() async {}
}

/// Writes into a dictionary.
private struct MemoryNamespaceWriter: NamespaceWriter {
    let store: MemoryStore
    let name: String

    func write(_ batch: KeyValueBatch) async throws {
        store.state.withLock { state in
            batch.forEach { key, value in state.namespaces[name, default: [:]][Array(key)] = Array(value) }
        }
    }

    func delete(_ keys: [[UInt8]]) async throws {
        store.state.withLock { state in
            for key in keys { state.namespaces[name]?[key] = nil }
        }
    }

    func finish() async throws {}

    func cancel() async { try? await store.drop(namespace: name) }
}

/// Reads the dictionary as it was when the reader was opened.
private struct MemoryNamespaceReader: NamespaceReader {
    let name: String
    let entries: [[UInt8]: [UInt8]]

    func get(_ key: [UInt8]) async throws -> [UInt8]? { entries[key] }

    func get(_ keys: [[UInt8]]) async throws -> [[UInt8]?] { keys.map { entries[$0] } }

    func count() async throws -> Int { entries.count }

    func scan(_ body: @Sendable (KeyValueBatch) async throws -> Void) async throws {
        var batch = KeyValueBatch()
        for (key, value) in entries {
            batch.append(key: key, value: value)
            if batch.count == 4096 {
                try await body(batch)
                batch.removeAll()
            }
        }
        if !batch.isEmpty { try await body(batch) }
    }
}

/// A name in a set.
private struct MemoryLock: StoreLock {
    let store: MemoryStore
    let name: String

    func confirm() async throws {}

    func release() async { store.state.withLock { _ = $0.locks.remove(name) } }
}
