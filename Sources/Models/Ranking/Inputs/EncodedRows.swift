import Tensor

/// One worker's rows of one side, users or items: codes by field, and numbers.
package final class EncodedRows: @unchecked Sendable {
    // Sendable: each object belongs to one worker of a loop; loops come one after the other.

    /// For each field, the rows' codes.
    package let codes: [UnsafeMutablePointer<Int32>]
    /// The rows' numbers.
    package let numbers: Matrix
    /// How many rows there is room for.
    package let capacity: Int

    /// Takes memory for `capacity` rows.
    package init(fields: Int, numbers: Int, capacity: Int) {
        self.capacity = capacity
        codes = (0..<fields).map { _ in
            let codes = UnsafeMutablePointer<Int32>.allocate(capacity: max(capacity, 1))
            codes.initialize(repeating: 0, count: max(capacity, 1))
            return codes
        }
        self.numbers = Matrix(rows: capacity, columns: numbers)
    }

    deinit { for codes in codes { codes.deallocate() } }

    /// The first `count` codes of a field.
    package func array(_ field: Int, count: Int) -> [Int32] {
        Array(UnsafeBufferPointer(start: codes[field], count: count))
    }
}
