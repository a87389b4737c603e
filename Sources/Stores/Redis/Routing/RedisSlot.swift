/// The 16,384 parts that a Redis cluster divides its keys into.
package enum RedisSlot {
    /// How many slots there are.
    package static let count = 16_384

    /// The slot of a key:
    ///
    ///     slot = CRC16(tag) mod 16384
    ///
    /// where the tag is what stands between the first `{` and the next `}`, if that is not empty, else the whole key.
    package static func of(_ key: [UInt8]) -> Int {
        key.withUnsafeBytes { of(prefix: [], key: $0) }
    }

    /// The slot of `prefix` and `key` put together; the prefix must hold no brace.
    static func of(prefix: [UInt8], key: UnsafeRawBufferPointer) -> Int {
        if let open = key.firstIndex(of: UInt8(ascii: "{")),
            let close = key[(open + 1)...].firstIndex(of: UInt8(ascii: "}")), close > open + 1
        {
            return Int(crc16(0, UnsafeRawBufferPointer(rebasing: key[open + 1..<close]))) & (count - 1)
        }
        let start = prefix.withUnsafeBytes { crc16(0, $0) }
        return Int(crc16(start, key)) & (count - 1)
    }

    /// CRC-16/XMODEM: polynomial 0x1021, no reflection.
    private static func crc16(_ start: UInt16, _ bytes: UnsafeRawBufferPointer) -> UInt16 {
        var crc = start
        for byte in bytes { crc = (crc << 8) ^ table[Int(UInt8(crc >> 8) ^ byte)] }
        return crc
    }

    private static let table: [UInt16] = (0..<256).map { index in
        (0..<8).reduce(UInt16(index) << 8) { crc, _ in crc & 0x8000 == 0 ? crc << 1 : (crc << 1) ^ 0x1021 }
    }
}
