/// Counts entries and sums a hash of each, so that two sets of entries can be compared whatever their order:
///
///     checksum = Σ XXH64(value, seed: XXH64(key))   (mod 2⁶⁴)
public struct StoreChecksum: Sendable, Hashable {
    /// How many entries were added.
    public private(set) var count = 0
    /// The sum of their hashes.
    public private(set) var sum: UInt64 = 0

    /// Makes the checksum of no entries.
    public init() {}

    /// Adds one entry.
    public mutating func add(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        count += 1
        sum &+= XXHash64.hash(value, seed: XXHash64.hash(key))
    }

    /// Adds every entry of a batch.
    public mutating func add(_ batch: KeyValueBatch) {
        batch.forEach { add(key: $0, value: $1) }
    }

    /// The sum as 16 hexadecimal digits.
    public var text: String { hexadecimal(sum) }
}

/// 16 hexadecimal digits, leading zeros kept.
func hexadecimal(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
