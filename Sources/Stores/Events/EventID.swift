/// Ids for events that come without one: UUIDs of version 7 (RFC 9562), whose order is that of time.
enum EventID {
    /// A new id.
    ///
    /// - Parameter time: now, in microseconds since 1970.
    static func make(at time: Int64) -> String {
        var random = SystemRandomNumberGenerator()
        let milliseconds = UInt64(bitPattern: time / 1000) & 0xFFFF_FFFF_FFFF
        let high = milliseconds << 16 | 0x7000 | random.next() & 0x0FFF
        let low = 1 << 63 | random.next() & 0x3FFF_FFFF_FFFF_FFFF
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 36) { text in
            var at = 0
            for nibble in 0..<32 {
                if [8, 12, 16, 20].contains(nibble) {
                    text[at] = UInt8(ascii: "-")
                    at += 1
                }
                let word = nibble < 16 ? high : low
                text[at] = digits[Int(word >> UInt64(60 - nibble % 16 * 4) & 15)]
                at += 1
            }
            return at
        }
    }
}
