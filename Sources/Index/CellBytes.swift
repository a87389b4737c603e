import Tensor

/// Bytes in huge pages where they are many, or part of a mapped file. Written to only by who made them, before they are
/// shared.
final class CellBytes: @unchecked Sendable {
    // Sendable: the pointer never changes; what it points at is not written to once shared, and lives with the object.

    let pointer: UnsafeRawPointer
    let count: Int
    private let owner: any Sendable

    /// Makes `count` zeros.
    init(count: Int) {
        let memory = Matrix(rows: 1, columns: (count + 3) / 4)
        pointer = UnsafeRawPointer(memory.pointer)
        self.count = count
        owner = memory
    }

    /// Looks at bytes of a mapped file.
    init(_ bytes: MappedBytes, range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "the range lies within the file")
        pointer = bytes.pointer + range.lowerBound
        count = range.count
        owner = bytes
    }

    /// Copies numbers.
    convenience init<Number>(_ numbers: [Number]) {
        self.init(count: numbers.count * MemoryLayout<Number>.stride)
        numbers.withUnsafeBytes {
            UnsafeMutableRawBufferPointer(start: writable(UInt8.self), count: count).copyMemory(from: $0)
        }
    }

    /// The bytes as numbers of a type they hold.
    func numbers<Number>(_ type: Number.Type) -> UnsafeBufferPointer<Number> {
        UnsafeBufferPointer(start: pointer.assumingMemoryBound(to: type), count: count / MemoryLayout<Number>.stride)
    }

    /// The same, to be filled; only for bytes that were made here.
    func writable<Number>(_ type: Number.Type) -> UnsafeMutablePointer<Number> {
        precondition(!(owner is MappedBytes), "a mapped file is not written to")
        return UnsafeMutablePointer(mutating: pointer.assumingMemoryBound(to: type))
    }
}
