/// MurmurHash3 in its 32-bit form for x86 (Austin Appleby, "MurmurHash3"), the hash of Feast's field names.
package enum Murmur3 {
    /// The hash of `bytes`.
    ///
    /// - Complexity: O(bytes)
    package static func hash(_ bytes: some Sequence<UInt8>, seed: UInt32 = 0) -> UInt32 {
        var hash = seed
        var block: UInt32 = 0
        var count: UInt32 = 0
        for byte in bytes {
            block |= UInt32(byte) << (8 * (count & 3))
            count &+= 1
            if count & 3 == 0 {
                hash = rotate(hash ^ scramble(block), 13) &* 5 &+ 0xE654_6B64
                block = 0
            }
        }
        if count & 3 != 0 { hash ^= scramble(block) }
        hash ^= count
        hash = (hash ^ (hash >> 16)) &* 0x85EB_CA6B
        hash = (hash ^ (hash >> 13)) &* 0xC2B2_AE35
        return hash ^ (hash >> 16)
    }

    private static func scramble(_ block: UInt32) -> UInt32 { rotate(block &* 0xCC9E_2D51, 15) &* 0x1B87_3593 }

    private static func rotate(_ word: UInt32, _ by: UInt32) -> UInt32 { (word << by) | (word >> (32 - by)) }
}
