import Synchronization

extension StoreChecksum {
    /// The checksum of everything that a namespace holds, read back from the store.
    ///
    /// - Complexity: O(entries)
    public init(of namespace: any NamespaceReader) async throws {
        let sum = ChecksumBox()
        try await namespace.scan { batch in sum.checksum.withLock { $0.add(batch) } }
        self = sum.checksum.withLock { $0 }
    }
}

/// A checksum that several tasks may add to.
private final class ChecksumBox: Sendable {
    let checksum = Mutex(StoreChecksum())
}
