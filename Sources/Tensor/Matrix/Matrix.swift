import Core

/// A dense `rows × columns` matrix of float32, row after row without gaps, aligned to 64 bytes.
///
/// A matrix is a handle: copies share the same numbers, as with a numpy array. Whoever writes takes care that nobody
/// else reads or writes the same rows meanwhile (``parallelFor(_:grain:threads:_:)`` hands out disjoint ranges).
public struct Matrix: Sendable {
    /// The number of rows.
    public let rows: Int
    /// The number of columns.
    public let columns: Int
    let storage: Storage

    /// Makes a matrix of zeros.
    ///
    /// - Complexity: O(`rows` · `columns`)
    public init(rows: Int, columns: Int) {
        precondition(rows >= 0 && columns >= 0, "a matrix has no negative size")
        self.rows = rows
        self.columns = columns
        storage = Storage(count: rows * columns)
    }

    /// Makes a matrix from `rows · columns` numbers, row after row.
    public init(rows: Int, columns: Int, values: some Collection<Float>) {
        precondition(values.count == rows * columns, "\(values.count) numbers are not \(rows) × \(columns)")
        self.init(rows: rows, columns: columns)
        _ = storage.values.update(fromContentsOf: values)
    }

    /// Looks at numbers held elsewhere (a memory-mapped file, say) as a matrix that must not be written to.
    public init(rows: Int, columns: Int, reading buffer: Buffer<Float>) {
        precondition(buffer.count == rows * columns, "\(buffer.count) numbers are not \(rows) × \(columns)")
        self.rows = rows
        self.columns = columns
        storage = Storage(borrowing: buffer)
    }

    /// All numbers, row after row.
    public var values: UnsafeMutableBufferPointer<Float> { storage.values }

    /// The first number. For an empty matrix it must not be read.
    public var pointer: UnsafeMutablePointer<Float> { storage.values.baseAddress! }

    /// Row `index`, `columns` numbers. It stays valid while a copy of this matrix lives.
    public func row(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
        precondition(index >= 0 && index < rows, "row \(index) of \(rows)")
        return UnsafeMutableBufferPointer(rebasing: storage.values[index * columns..<(index + 1) * columns])
    }

    /// The number in row `row` and column `column`.
    public subscript(row: Int, column: Int) -> Float {
        get {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns, "[\(row), \(column)] is outside")
            return storage.values[row * columns + column]
        }
        nonmutating set {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns, "[\(row), \(column)] is outside")
            storage.values[row * columns + column] = newValue
        }
    }

    /// Calls `body` with all numbers; the matrix lives at least as long as the call.
    public func withUnsafeValues<Result, Failure: Error>(
        _ body: (UnsafeMutableBufferPointer<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(storage) {} }
        return try body(storage.values)
    }

    /// A matrix of its own with the same numbers.
    public func copy() -> Matrix {
        let result = Matrix(rows: rows, columns: columns)
        _ = result.storage.values.update(fromContentsOf: storage.values)
        return result
    }

    /// Rows `range` as a matrix of their own.
    public func copy(rows range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
        let result = Matrix(rows: range.count, columns: columns)
        let part = storage.values[range.lowerBound * columns..<range.upperBound * columns]
        _ = result.storage.values.update(fromContentsOf: part)
        return result
    }
}

extension Matrix {
    /// The numbers, freed once when the last handle goes.
    final class Storage: @unchecked Sendable {
        // Sendable: the pointer never changes; who may write to what it points at is the contract of `Matrix`.

        let values: UnsafeMutableBufferPointer<Float>
        /// Who owns the numbers, if not this object.
        private let owner: Buffer<Float>?

        init(count: Int) {
            let bytes = max(count * MemoryLayout<Float>.stride, 64)
            let raw = UnsafeMutableRawPointer.allocate(
                byteCount: bytes, alignment: bytes >= HugePages.worthwhile ? HugePages.size : 64)
            HugePages.ask(for: raw, bytes: bytes)
            let first = raw.bindMemory(to: Float.self, capacity: max(count, 16))
            first.initialize(repeating: 0, count: max(count, 16))
            values = UnsafeMutableBufferPointer(start: first, count: count)
            owner = nil
        }

        init(borrowing buffer: Buffer<Float>) {
            values = UnsafeMutableBufferPointer(mutating: buffer.values)
            owner = buffer
        }

        deinit { if owner == nil { values.baseAddress?.deallocate() } }
    }
}
