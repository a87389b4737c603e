import Core
import Tensor

extension PartitionedIndex {
    /// How many vectors may wait beside the cells: comparing a query with them all takes a few microseconds.
    private var mostPending: Int { cells == nil ? PartitionOptions.fewest : max(2048, liveCount / 256) }

    /// Stores vectors under keys; what was under one of them is replaced. Of a key that comes twice the last counts.
    ///
    /// - Throws: `invalidData` if there are not as many keys as vectors, they have the wrong length, a key is negative
    ///   or a number is not finite; the index is then as it was.
    /// - Complexity: O(pending · D + N / 128), now and then O(N · D)
    public mutating func upsert(_ keys: [Int32], vectors: Matrix) throws {
        try pending.upsert(keys, vectors: vectors)
        bury(keys)
        if pending.count > mostPending { compact() }
    }

    /// Takes out the vectors under the keys; keys that are not there are passed over.
    ///
    /// - Returns: how many were taken out.
    /// - Complexity: O(pending · D + N / 128 + gone · log N)
    @discardableResult public mutating func delete(_ keys: [Int32]) -> Int {
        pending.delete(keys) + bury(keys)
    }

    /// Takes keys out of the cells; returns how many there were.
    @discardableResult private mutating func bury(_ keys: [Int32]) -> Int {
        guard let cells else { return 0 }
        var gone = 0
        for key in keys {
            guard let slot = cells.slot(of: key), isLive(slot) else { continue }
            live[slot / Cells.lanes] &= ~(1 << UInt16(slot % Cells.lanes))
            gone += 1
        }
        liveCount -= gone
        return gone
    }

    /// Moves what waits into the cells, and what was deleted out of them. It happens by itself; call it where there is
    /// time, before saving, say.
    ///
    /// New cells are found, and the effort kept, where there are four times as many vectors as the cells were found for.
    ///
    /// - Complexity: O(N · D + pending · C · D), with new cells O(N · C · D)
    public mutating func compact(threads: Int? = nil) { compact(fewest: PartitionOptions.fewest, threads: threads) }

    /// The same, with cells from `fewest` vectors on.
    package mutating func compact(fewest: Int, threads: Int? = nil) {
        guard let cells, count <= 4 * trainedCount else {
            if count >= fewest, count > 0, dimensions > 0 {
                let keys = keys
                train(vectors(of: keys, threads: threads), keys: keys, threads: threads)
            }
            return
        }
        let isUnchanged = pending.count == 0 && liveCount == cells.count
        guard !isUnchanged else { return }
        let merged = cells.merging(live: live, with: pending.vectors, keys: pending.keys, threads: threads)
        (self.cells, live, liveCount) = (merged, merged.occupied, merged.count)
        pending = ExactIndex(dimensions: dimensions)
    }

    /// The vectors of keys that are there.
    func vectors(of keys: [Int32], threads: Int? = nil) -> Matrix {
        let vectors = Matrix(rows: keys.count, columns: dimensions)
        parallelFor(keys.count, grain: 256, threads: threads) { range, _ in
            for row in range {
                if let cells, let slot = cells.slot(of: keys[row]), isLive(slot) {
                    cells.vector(at: slot, into: vectors.pointer + row * dimensions)
                } else if let vector = pending.vector(of: keys[row]) {
                    _ = vectors.row(row).update(fromContentsOf: vector)
                }
            }
        }
        return vectors
    }
}
