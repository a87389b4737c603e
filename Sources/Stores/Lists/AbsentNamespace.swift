import Core

/// The entries of a version whose store is away: whatever is asked of them fails as it would if it were asked.
struct AbsentNamespace: NamespaceReader {
    let name: String
    /// Why the store cannot be asked.
    let reason: MartletError

    func get(_ key: [UInt8]) async throws -> [UInt8]? { throw reason }
    func get(_ keys: [[UInt8]]) async throws -> [[UInt8]?] { throw reason }
    func count() async throws -> Int { throw reason }
    func scan(_ body: @Sendable (KeyValueBatch) async throws -> Void) async throws { throw reason }
}
