/// Reads one namespace of a store; safe to use from many tasks at once.
public protocol NamespaceReader: Sendable {
    /// The namespace's name.
    var name: String { get }

    /// The value under `key`, or nil.
    ///
    /// - Throws: `unavailable` if the store cannot be reached in time, `corrupted` if the stored bytes are damaged.
    func get(_ key: [UInt8]) async throws -> [UInt8]?

    /// Hands the value under `key` to `body` where it lies, valid during the call: without a copy where the store can
    /// lend its memory.
    ///
    /// - Returns: whether there is one.
    /// - Throws: as ``get(_:)-([UInt8])``, and what `body` throws.
    func read(_ key: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Void) async throws -> Bool

    /// The values under `keys`, in their order; nil where there is none.
    func get(_ keys: [[UInt8]]) async throws -> [[UInt8]?]

    /// How many keys the namespace holds, counted by looking at each.
    ///
    /// - Complexity: O(keys)
    func count() async throws -> Int

    /// Hands every entry to `body`, in batches, each entry once; the order is the store's own.
    ///
    /// - Complexity: O(keys) time, O(batch) memory (Redis: and 8 bytes a key, to tell keys met before)
    func scan(_ body: @Sendable (KeyValueBatch) async throws -> Void) async throws
}

extension NamespaceReader {
    /// Reads by way of a copy, which is what a store over a wire has anyway.
    public func read(_ key: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Void) async throws -> Bool {
        guard let value = try await get(key) else { return false }
        try value.withUnsafeBytes(body)
        return true
    }
}
