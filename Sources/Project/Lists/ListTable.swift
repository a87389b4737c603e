import Core
import Features
import Stores

/// Lists on disk, as the step `recommend` wrote them.
struct ListTable {
    /// How many rows there are.
    let count: Int
    private let items: Buffer<Int32>
    private let itemOffsets: Buffer<Int64>
    private let scores: Buffer<Float>

    /// Opens the dataset at `path`.
    ///
    /// - Throws: `corrupted` if it holds no lists.
    init(_ path: String) throws {
        let dataset = try Dataset.open(path)
        let itemColumn = try dataset.column("items")
        guard case .int32(let items) = itemColumn.values, let offsets = itemColumn.listOffsets,
            case .float32(let scores) = try dataset.column("scores").values, scores.count == items.count
        else {
            throw MartletError(.corrupted, "\(path) holds no lists", hint: "run 'martlet recommend' again")
        }
        count = dataset.rowCount
        self.items = items
        self.scores = scores
        itemOffsets = offsets
    }

    /// The list at `row`; nil if it is empty.
    func list(_ row: Int) -> ListEntry? {
        let range = Int(itemOffsets[row])..<Int(itemOffsets[row + 1])
        guard !range.isEmpty else { return nil }
        return ListEntry(
            items: items.values[range].map { UInt32(bitPattern: $0) }, scores: Array(scores.values[range]))
    }
}
