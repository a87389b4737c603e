import Core
import Stores
import Testing

/// The bytes of lists and the hash that guards them.
struct ListFormatTests {
    @Test
    func aListIsTheBytesThatTheTableSays() throws {
        let list = ListEntry(items: [1, 258], scores: [1.0, -0.5])
        #expect(
            list.encoded == [
                1, 1, 2, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x00, 0xBF,
            ])
        #expect(try ListEntry(decoding: list.encoded) == list)
        let empty = ListEntry(items: [], scores: [])
        #expect(try ListEntry(decoding: empty.encoded) == empty)
        let long = ListEntry(items: (0..<1000).map { $0 * 4_000_000 }, scores: (0..<1000).map { Float($0) / 3 })
        #expect(try ListEntry(decoding: long.encoded) == long)
    }

    @Test(arguments: [[], [1], [2, 1, 0, 0], [1, 1, 2, 0, 1, 2, 3], [1, 1, 0, 0, 0]] as [[UInt8]])
    func otherBytesAreRefused(_ bytes: [UInt8]) {
        let error = #expect(throws: MartletError.self) { _ = try ListEntry(decoding: bytes) }
        #expect(error?.code == .corrupted)
    }

    /// Values of the reference implementation of XXH64.
    @Test(
        arguments: [
            ("", 0, 0xEF46_DB37_51D8_E999), ("a", 0, 0xD24E_C4F1_A98C_6E5B), ("abc", 0, 0x44BC_2CF5_AD77_0999),
            ("The quick brown fox jumps over the lazy dog", 0, 0x0B24_2D36_1FDA_71BC),
        ] as [(String, UInt64, UInt64)])
    func hashIsXXH64(_ text: String, _ seed: UInt64, _ expected: UInt64) {
        #expect(bytes(text).withUnsafeBytes { XXHash64.hash($0, seed: seed) } == expected)
    }

    /// Values of Python's `xxhash` for the bytes 0, 1, 2, …: every length class of the algorithm, with a seed.
    @Test(
        arguments: [
            (4, 0xD898_42CD_31E2_4E54), (12, 0x1326_49EA_1128_BFA2), (31, 0xF3DA_6D05_709C_035D),
            (32, 0xA1C8_9217_E9D5_0750), (33, 0xE6A3_C00C_D6E7_4075), (100, 0x3B97_D91E_BA03_E785),
        ] as [(UInt8, UInt64)])
    func hashTakesASeed(_ count: UInt8, _ expected: UInt64) {
        let bytes = Array(0..<count)
        #expect(bytes.withUnsafeBytes { XXHash64.hash($0, seed: 0x9E37_79B9_7F4A_7C15) } == expected)
    }

    @Test
    func checksumKnowsContentAndNotOrder() {
        let entries = (0..<100).map { (key: bytes("k\($0)"), value: bytes("v\($0)")) }
        var (forwards, backwards, swapped) = (StoreChecksum(), StoreChecksum(), StoreChecksum())
        forwards.add(KeyValueBatch(entries))
        backwards.add(KeyValueBatch(entries.reversed()))
        #expect(forwards == backwards)
        // The same keys and the same values, but paired otherwise.
        swapped.add(KeyValueBatch(entries.indices.map { (entries[$0].key, entries[99 - $0].value) }))
        #expect(forwards != swapped)
    }

    /// Slots as `CLUSTER KEYSLOT` of a live server says.
    @Test(arguments: [
        ("foo", 12_182), ("123456789", 0x31C3), ("{user1000}.following", 3443), ("{user1000}.followers", 3443),
        ("foo{}{bar}", 8363), ("foo{{bar}}zap", 4015), ("foo{bar}{zap}", 5061), ("", 0),
    ])
    func slotsAreTheClusters(_ key: String, _ slot: Int) {
        #expect(RedisSlot.of(bytes(key)) == slot)
    }
}
