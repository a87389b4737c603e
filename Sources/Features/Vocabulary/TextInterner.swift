import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Numbers texts in the order in which they first come.
///
/// Looking up is open to many threads at once as long as no one adds; adding is for one.
package final class TextInterner: @unchecked Sendable {
    // Sendable: the only user, RawTextColumn, adds from one thread while no other looks up.

    private let offsets = GrowableBuffer<Int64>()
    private let bytes = GrowableBuffer<UInt8>(capacity: 4096)
    private var slots: UnsafeMutableBufferPointer<UInt64>
    /// How many texts there are.
    package private(set) var count = 0

    /// Makes an empty set.
    package init() {
        offsets.append(0)
        slots = .allocate(capacity: 1024)
        slots.initialize(repeating: 0)
    }

    deinit { slots.deallocate() }

    /// The number of a text whose hash is known, or −1.
    @inline(__always)
    package func find(_ text: UnsafePointer<UInt8>, _ length: Int, hash: UInt64) -> Int32 {
        TextProbe.find(
            text, length, hash: hash, slots: UnsafeBufferPointer(slots), offsets: offsets.base, bytes: bytes.base)
    }

    /// The number of a text, which is added if it is new.
    package func intern(_ text: UnsafePointer<UInt8>, _ length: Int) -> Int32 {
        let hash = TextHash.hash(text, length)
        let found = find(text, length, hash: hash)
        if found >= 0 { return found }
        if 2 * (count + 1) > slots.count { grow() }
        bytes.append(contentsOf: UnsafeBufferPointer(start: text, count: length))
        offsets.append(Int64(bytes.count))
        TextProbe.insert(Int32(count), hash: hash, slots: slots)
        count += 1
        return Int32(count - 1)
    }

    /// Finds many texts of one column; those that are not there get −1, nulls get −2.
    ///
    /// Works in blocks: the hashes and first slots of a block are read before any is compared, so that the waits for
    /// memory overlap. A text equal to the one before it is not looked up again.
    package func find(
        _ range: Range<Int>, offsets ends: UnsafePointer<Int64>, bytes text: UnsafePointer<UInt8>,
        validity: UnsafePointer<UInt8>?, into codes: UnsafeMutablePointer<Int32>
    ) {
        let blockSize = 32
        let mask = slots.count - 1
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: blockSize) { hashes in
            var block = range.lowerBound
            while block < range.upperBound {
                let end = min(block + blockSize, range.upperBound)
                var warm: UInt64 = 0
                for row in block..<end {
                    let start = Int(ends[row])
                    let hash = TextHash.hash(text + start, Int(ends[row + 1]) - start)
                    hashes[row - block] = hash
                    warm |= slots[Int(truncatingIfNeeded: hash) & mask]
                }
                if warm != 0 { touchTexts(hashes, count: end - block) }
                var lastHash: UInt64 = 0
                var lastCode: Int32 = -1
                for row in block..<end {
                    if let validity, validity[row] == 0 {
                        codes[row] = -2
                        continue
                    }
                    let start = Int(ends[row])
                    let length = Int(ends[row + 1]) - start
                    let hash = hashes[row - block]
                    if lastCode >= 0, hash == lastHash, equals(lastCode, text + start, length) {
                        codes[row] = lastCode
                        continue
                    }
                    lastCode = find(text + start, length, hash: hash)
                    lastHash = hash
                    codes[row] = lastCode
                }
                block = end
            }
        }
    }

    /// Reads the first byte of each candidate, so that their cache lines are on the way when they are compared.
    @inline(__always)
    private func touchTexts(_ hashes: UnsafeMutableBufferPointer<UInt64>, count blockCount: Int) {
        let mask = slots.count - 1
        var sum: UInt8 = 0
        for entry in 0..<blockCount {
            let slot = slots[Int(truncatingIfNeeded: hashes[entry]) & mask]
            guard slot != 0 else { continue }
            sum &+= bytes.base[min(Int(offsets.base[Int(slot & 0xFFFF_FFFF) - 1]), bytes.count - 1)]
        }
        withExtendedLifetime(sum) {}
    }

    @inline(__always)
    private func equals(_ code: Int32, _ text: UnsafePointer<UInt8>, _ length: Int) -> Bool {
        let start = Int(offsets.base[Int(code)])
        return Int(offsets.base[Int(code) + 1]) - start == length && memcmp(bytes.base + start, text, length) == 0
    }

    /// The texts by number; the interner must not be changed afterwards.
    package func freeze() -> (offsets: Buffer<Int64>, bytes: Buffer<UInt8>) {
        (offsets.freeze(), bytes.freeze())
    }

    /// The bytes of text `number`.
    package subscript(_ number: Int) -> UnsafeBufferPointer<UInt8> {
        let start = Int(offsets.base[number])
        return UnsafeBufferPointer(start: bytes.base + start, count: Int(offsets.base[number + 1]) - start)
    }

    private func grow() {
        let larger = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: slots.count * 4)
        larger.initialize(repeating: 0)
        for number in 0..<count {
            let text = self[number]
            TextProbe.insert(Int32(number), hash: TextHash.hash(text.baseAddress!, text.count), slots: larger)
        }
        slots.deallocate()
        slots = larger
    }
}
