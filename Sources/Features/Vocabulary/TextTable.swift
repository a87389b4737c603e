import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Finds texts among a fixed set: an open-addressing hash table whose slots hold 32 bits of the hash and the text's
/// number, so that a text's bytes are read only where they are almost surely equal.
///
/// Linear probing at a load of at most one half. Of equal texts the first is found.
package struct TextTable: Sendable {
    /// The texts' bounds in ``bytes``.
    package let offsets: Buffer<Int64>
    /// The texts' UTF-8.
    package let bytes: Buffer<UInt8>
    /// High half: the hash's high half. Low half: the text's number plus one; 0 is an empty slot.
    private let slots: Buffer<UInt64>

    /// Builds the table.
    ///
    /// - Complexity: O(bytes)
    package init(offsets: Buffer<Int64>, bytes: Buffer<UInt8>) {
        self.offsets = offsets
        self.bytes = bytes
        let count = max(0, offsets.count - 1)
        slots = Self.build(count: count, offsets: offsets.values, bytes: bytes.values)
    }

    /// How many texts there are.
    package var count: Int { max(0, offsets.count - 1) }

    /// The number of the text with these bytes, or −1.
    @inline(__always)
    package func find(_ text: UnsafeBufferPointer<UInt8>) -> Int32 {
        withUnsafePointer(to: UInt8(0)) { empty in
            let base = text.baseAddress ?? empty
            return TextProbe.find(
                base, text.count, hash: TextHash.hash(base, text.count), slots: slots.values,
                offsets: offsets.values.baseAddress!, bytes: bytes.values.baseAddress ?? empty)
        }
    }

    /// The number of `text`, or −1.
    package func find(_ text: String) -> Int32 {
        var text = text
        return text.withUTF8 { find($0) }
    }

    private static func build(
        count: Int, offsets: UnsafeBufferPointer<Int64>, bytes: UnsafeBufferPointer<UInt8>
    ) -> Buffer<UInt64> {
        var size = 16
        while size < 2 * count { size *= 2 }
        let slots = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: size)
        slots.initialize(repeating: 0)
        withUnsafePointer(to: UInt8(0)) { empty in
            let base = bytes.baseAddress ?? empty
            for number in 0..<count {
                let start = Int(offsets[number])
                TextProbe.insert(
                    Int32(number), hash: TextHash.hash(base + start, Int(offsets[number + 1]) - start), slots: slots)
            }
        }
        return Buffer(UnsafeBufferPointer(slots)) { slots.deallocate() }
    }
}

/// Steps of linear probing that ``TextTable`` and ``TextInterner`` share.
enum TextProbe {
    @inline(__always)
    static func find(
        _ text: UnsafePointer<UInt8>, _ length: Int, hash: UInt64, slots: UnsafeBufferPointer<UInt64>,
        offsets: UnsafePointer<Int64>, bytes: UnsafePointer<UInt8>
    ) -> Int32 {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let slot = slots[place]
            if slot == 0 { return -1 }
            if (slot ^ hash) >> 32 == 0 {
                let number = Int(slot & 0xFFFF_FFFF) - 1
                let start = Int(offsets[number])
                if Int(offsets[number + 1]) - start == length, memcmp(bytes + start, text, length) == 0 {
                    return Int32(truncatingIfNeeded: number)
                }
            }
            place = (place + 1) & mask
        }
    }

    @inline(__always)
    static func insert(_ number: Int32, hash: UInt64, slots: UnsafeMutableBufferPointer<UInt64>) {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while slots[place] != 0 { place = (place + 1) & mask }
        slots[place] = (hash & 0xFFFF_FFFF_0000_0000) | UInt64(UInt32(bitPattern: number) &+ 1)
    }
}
