/// How much memory RocksDB takes, and how it stores.
public struct RocksDBOptions: Sendable, Hashable {
    /// How stored blocks are compressed.
    public enum Compression: String, Sendable, CaseIterable {
        /// Not at all: the fastest to read.
        case none
        /// LZ4: nearly as fast, and smaller where ids repeat.
        case lz4
        /// Zstandard: the smallest.
        case zstd
    }

    /// Megabytes of memory for blocks that were read, shared by all versions.
    public var cacheMegabytes = 256
    /// Megabytes of writes that are sorted in memory before they go to the disk.
    public var writeBufferMegabytes = 64
    /// Bits of the Bloom filter for each key; 10 make one lookup in a hundred for an unknown key touch the disk.
    public var bloomBits = 10
    /// How stored blocks are compressed.
    public var compression = Compression.lz4

    /// Makes the defaults.
    public init() {}
}
