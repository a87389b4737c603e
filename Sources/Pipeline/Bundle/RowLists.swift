import Core
import Features
import Stores

/// Rows of items with a number each, memory-mapped: neighbours and how near they are, lists and their scores.
struct RowLists<Number: BitwiseCopyable & Sendable>: Sendable {
    private let items: Buffer<Int32>
    private let numbers: Buffer<Number>
    private let offsets: Buffer<Int64>

    /// How many rows there are.
    var count: Int { offsets.count - 1 }

    /// Opens the columns `items` and `column` of the dataset at `path`.
    ///
    /// - Throws: `corrupted` if they are of another form, or name items that there are not.
    init(_ path: String, column: String, itemCount: Int, _ take: (Column.Values) -> Buffer<Number>?) throws {
        let dataset = try Dataset.open(path)
        let listed = try dataset.column("items")
        guard case .int32(let items) = listed.values, let offsets = listed.listOffsets,
            let numbers = take(try dataset.column(column).values), numbers.count == items.count,
            items.values.allSatisfy({ $0 >= 0 && Int($0) < itemCount })
        else {
            throw MartletError(
                .corrupted, "\(path) holds no lists of the catalogue's items", hint: "publish again: martlet publish")
        }
        self.items = items
        self.numbers = numbers
        self.offsets = offsets
    }

    /// The items of a row, and their numbers; empty for a row that there is not.
    subscript(_ row: Int) -> (items: UnsafeBufferPointer<Int32>, numbers: UnsafeBufferPointer<Number>) {
        guard row >= 0, row < count else {
            return (UnsafeBufferPointer(start: nil, count: 0), UnsafeBufferPointer(start: nil, count: 0))
        }
        let range = Int(offsets[row])..<Int(offsets[row + 1])
        return (
            UnsafeBufferPointer(rebasing: items.values[range]), UnsafeBufferPointer(rebasing: numbers.values[range])
        )
    }
}

extension RowLists where Number == Float {
    /// Opens lists with scores.
    init(scored path: String, itemCount: Int) throws {
        try self.init(path, column: "scores", itemCount: itemCount) {
            if case .float32(let scores) = $0 { scores } else { nil }
        }
    }
}

extension RowLists where Number == Int64 {
    /// Opens histories with times.
    init(timed path: String, itemCount: Int) throws {
        try self.init(path, column: "times", itemCount: itemCount) {
            if case .int64(let times) = $0 { times } else { nil }
        }
    }

    /// What a user bought, the oldest first.
    func contacts(of user: Int32) -> [Visitor.Contact] {
        let (items, times) = self[Int(user)]
        return items.indices.map { Visitor.Contact(item: items[$0], kind: .purchase, time: times[$0]) }
    }
}
