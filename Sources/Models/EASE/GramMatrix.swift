import Synchronization
import Tensor

/// XᵀX of the first items: who took two items, counted for all pairs.
enum GramMatrix {
    /// Counts.
    ///
    /// A row at a time is added up where it is dense and then put away, so that threads share nothing.
    ///
    /// - Parameters:
    ///   - taken: `U × N`, each item once a user, by index.
    ///   - items: how many items take part, n.
    ///   - diagonal: what is added to the diagonal.
    /// - Complexity: O(Σ over users of |history|² / 2 + n² / 2)
    static func make(_ taken: SparseRows, items: Int, diagonal: Float, options: TrainingOptions) -> SymmetricTiles {
        let takers = taken.transposed()
        let matrix = SymmetricTiles(order: items)
        let block = 64
        let blocks = (items + block - 1) / block
        let next = Atomic(0)
        // Blocks are handed out as threads become free: a row is the work of one thread whoever that is.
        parallelFor(min(blocks, options.threads ?? Threads.count), threads: options.threads) { _, _ in
            let row = Matrix(rows: 1, columns: items)
            while true {
                let start = next.add(1, ordering: .relaxed).oldValue * block
                guard start < items else { break }
                for item in start..<min(start + block, items) {
                    row.pointer.update(repeating: 0, count: item + 1)
                    addUp(item, takers, taken, into: row.pointer)
                    row.pointer[item] += diagonal
                    matrix.setLowerRow(item, row.pointer)
                }
            }
        }
        return matrix
    }

    /// Adds up the users who took `item` and each item before it.
    private static func addUp(
        _ item: Int, _ takers: SparseRows, _ taken: SparseRows, into sums: UnsafeMutablePointer<Float>
    ) {
        taken.indices.withUnsafeBufferPointer { items in
            for user in takers[item] {
                for place in taken.range(Int(user)) {
                    let other = Int(items[place])
                    guard other <= item else { break }
                    sums[other] += 1
                }
            }
        }
    }
}
