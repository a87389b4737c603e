import Stores

/// A store in which something else happens at chosen moments.
struct HookedStore: KeyValueStore {
    let store: any KeyValueStore
    var beforeOpening: @Sendable (String) async throws -> Void = { _ in }
    var afterOpening: @Sendable (String) async throws -> Void = { _ in }
    var beforeSwitching: @Sendable (_ pointer: String) -> Void = { _ in }
    var afterSwitching: @Sendable (_ pointer: String) -> Void = { _ in }

    var summary: String { store.summary }

    func create(namespace: String) async throws -> any NamespaceWriter { try await store.create(namespace: namespace) }

    func open(namespace: String) async throws -> any NamespaceReader {
        try await beforeOpening(namespace)
        let reader = try await store.open(namespace: namespace)
        try await afterOpening(namespace)
        return reader
    }

    func setPointer(_ name: String, to value: [UInt8]?) async throws {
        beforeSwitching(name)
        try await store.setPointer(name, to: value)
        afterSwitching(name)
    }

    func drop(namespace: String) async throws { try await store.drop(namespace: namespace) }

    func namespaces() async throws -> [String] { try await store.namespaces() }

    func pointer(_ name: String) async throws -> [UInt8]? { try await store.pointer(name) }

    func pointers(prefix: String) async throws -> [String] { try await store.pointers(prefix: prefix) }

    func lock(_ name: String) async throws -> any StoreLock { try await store.lock(name) }

    func checkHealth() async throws { try await store.checkHealth() }

    func close() async { await store.close() }
}
