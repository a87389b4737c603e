import Core

/// A list in its stored form, read where it lies: nothing is copied and nothing is allocated.
///
/// The memory is borrowed, so the value must not outlive the call that lends it. See ``ListEntry`` for the bytes.
package struct StoredList: RandomAccessCollection {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline let hasScores: Bool
    package let count: Int

    /// Checks the bytes, so that reading them needs no checks.
    ///
    /// - Throws: `corrupted` if the bytes are no list of a format that this version of Martlet knows.
    package init(_ bytes: UnsafeRawBufferPointer) throws {
        guard bytes.count >= 4, bytes[0] == ListEntry.format else {
            throw MartletError(
                .corrupted, "a stored list of \(bytes.count) bytes is not in format \(ListEntry.format)",
                hint: "publish again with this version of martlet")
        }
        count = Int(bytes[2]) | Int(bytes[3]) << 8
        hasScores = bytes[1] & 1 == 1
        guard bytes.count == 4 + count * (hasScores ? 8 : 4) else {
            throw MartletError(
                .corrupted, "a stored list of \(count) items has \(bytes.count) bytes", hint: "publish again")
        }
        self.bytes = bytes
    }

    @inlinable package var startIndex: Int { 0 }
    @inlinable package var endIndex: Int { count }

    /// The item at `place`, and its score; 0 where no scores were stored.
    @inlinable package subscript(place: Int) -> (item: UInt32, score: Float) {
        precondition(place >= 0 && place < count, "there is no such place in the list")
        let item = bytes.loadUnaligned(fromByteOffset: 4 + 4 * place, as: UInt32.self)
        guard hasScores else { return (UInt32(littleEndian: item), 0) }
        let score = bytes.loadUnaligned(fromByteOffset: 4 + 4 * (count + place), as: UInt32.self)
        return (UInt32(littleEndian: item), Float(bitPattern: UInt32(littleEndian: score)))
    }
}
