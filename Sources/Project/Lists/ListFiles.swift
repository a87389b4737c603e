import Core
import Features
import Stores
import Tensor

/// Whole sets of lists on disk, as `ListMaker` writes its own.
enum ListFiles {
    /// Writes lists into the folder `path`.
    ///
    /// - Throws: `outOfSpace` or `system`.
    static func write(_ lists: RankedLists, to path: String) throws {
        let writer = try DatasetWriter(path: path, schema: ListMaker.schema)
        var offsets: [Int64] = [0]
        var items: [Int32] = []
        var scores: [Float] = []
        offsets.reserveCapacity(lists.count + 1)
        for list in 0..<lists.count {
            items += lists[list]
            scores += lists.scores(list)
            offsets.append(Int64(items.count))
        }
        let bounds = Buffer(offsets)
        try writer.append(
            Table(
                schema: ListMaker.schema,
                columns: [
                    Column(.int32(Buffer(items)), listOffsets: bounds),
                    Column(.float32(Buffer(scores)), listOffsets: bounds),
                ]))
        _ = try writer.finish()
    }

    /// Reads what ``write(_:to:)`` wrote; lists are padded to the longest.
    ///
    /// - Throws: `corrupted` if the folder holds no lists.
    static func read(_ path: String) throws -> RankedLists {
        let table = try ListTable(path)
        let entries = (0..<table.count).map { table.list($0) }
        var lists = RankedLists(count: entries.count, k: entries.map { $0?.items.count ?? 0 }.max() ?? 0)
        for (row, entry) in entries.enumerated() {
            for place in 0..<(entry?.items.count ?? 0) {
                lists.items[row * lists.k + place] = Int32(bitPattern: entry!.items[place])
                lists.scores[row * lists.k + place] = entry!.scores[place]
            }
        }
        return lists
    }
}
