/// A hash of UTF-8 bytes, sixteen at a time by one wide multiplication; the same on every machine and in every version,
/// since folds and hash buckets are kept in saved workflows.
///
/// Source: the mixing step of Wang Yi's wyhash, over little-endian words.
package enum TextHash {
    private static let first: UInt64 = 0x9E37_79B9_7F4A_7C15
    private static let second: UInt64 = 0xD1B5_4A32_D192_ED03

    /// The hash of `count` bytes.
    ///
    /// - Complexity: O(count), about 5 ns for 64 bytes
    @inline(__always)
    package static func hash(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
        var state = UInt64(truncatingIfNeeded: count) &* first ^ second
        var place = UnsafeRawPointer(bytes)
        var left = count
        while left >= 16 {
            state = mix(word(place) ^ second, word(place + 8) ^ state)
            place += 16
            left -= 16
        }
        var low: UInt64 = 0
        var high: UInt64 = 0
        if left >= 8 {
            low = word(place)
            high = tail(place + 8, left - 8)
        } else {
            low = tail(place, left)
        }
        return mix(mix(low ^ second, high ^ state), first ^ UInt64(truncatingIfNeeded: count))
    }

    /// The hash of a text's UTF-8 bytes.
    package static func hash(_ text: String) -> UInt64 {
        var text = text
        return text.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return withUnsafePointer(to: UInt8(0)) { hash($0, 0) } }
            return hash(base, bytes.count)
        }
    }

    @inline(__always)
    private static func word(_ place: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
    }

    /// The last bytes (fewer than eight), the first of them lowest.
    @inline(__always)
    private static func tail(_ place: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var value: UInt64 = 0
        var left = count
        var place = place
        var shift: UInt64 = 0
        if left >= 4 {
            value = UInt64(UInt32(littleEndian: place.loadUnaligned(as: UInt32.self)))
            place += 4
            left -= 4
            shift = 32
        }
        while left > 0 {
            value |= UInt64(place.load(as: UInt8.self)) &<< shift
            place += 1
            left -= 1
            shift &+= 8
        }
        return value
    }

    @inline(__always)
    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
