/// A fast counter-based source of random numbers: one per user and week, seeded in one step (SplitMix64).
struct Stream {
    private var state: UInt64

    @inline(__always)
    init(seed: UInt64, _ first: Int, _ second: Int) {
        var word = seed &+ UInt64(truncatingIfNeeded: first) &* 0x9E37_79B9_7F4A_7C15
        word = Stream.mix(word) &+ UInt64(truncatingIfNeeded: second) &* 0xD1B5_4A32_D192_ED03
        state = Stream.mix(word)
    }

    @inline(__always)
    static func mix(_ word: UInt64) -> UInt64 {
        var word = word
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    @inline(__always)
    mutating func word() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Stream.mix(state)
    }

    /// A number in [0, 1).
    @inline(__always)
    mutating func uniform() -> Double { Double(word() >> 11) * 0x1p-53 }

    /// A whole number in `0 ..< bound`.
    @inline(__always)
    mutating func index(below bound: Int) -> Int {
        Int(word().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
