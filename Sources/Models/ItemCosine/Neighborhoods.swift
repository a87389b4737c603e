import Core
import Tensor

/// Each item's nearest items by cosine.
struct Neighborhoods: Sendable {
    /// Where each item's neighbours begin; `N + 1` numbers.
    var offsets: [Int]
    /// The neighbours, nearest first; an item is not its own neighbour.
    var items: [Int32]
    /// How near they are.
    var similarities: [Float]

    /// The places of the neighbours of `item`.
    func range(_ item: Int) -> Range<Int> { offsets[item]..<offsets[item + 1] }

    /// Multiplies the matrix's columns with each other, keeping the nearest of each.
    ///
    /// cos(i, j) = Σ_u x(u, i) · x(u, j) / (‖x(·, i)‖ · ‖x(·, j)‖ + shrinkage)
    ///
    /// Each thread takes items in turn: it walks the item's users, and each user's items, adding up into one row of `N`
    /// sums. So memory is O(threads · N + N · k) however many pairs meet.
    ///
    /// - Parameters:
    ///   - incidence: `U × N`.
    ///   - k: how many neighbours to keep.
    ///   - shrinkage: added to the denominator.
    /// - Throws: `cancelled`.
    /// - Complexity: O(Σ_u |u|²)
    init(
        _ incidence: SparseRows, k: Int, shrinkage: Float, threads: Int?, isCancelled: @escaping @Sendable () -> Bool
    ) throws {
        let byItem = incidence.transposed()
        let itemCount = incidence.columns
        let rowValues = incidence.values ?? [Float](repeating: 1, count: incidence.count)
        let columnValues = byItem.values ?? [Float](repeating: 1, count: incidence.count)
        let norms = (0..<itemCount).map { item in
            byItem.range(item).reduce(Float(0)) { $0 + columnValues[$1] * columnValues[$1] }.squareRoot()
        }
        // Blocks are cut by work, not by count: popular items meet many more.
        let blocks = Self.blocks(byItem, of: incidence)
        var found = [[(score: Float, item: Int32)]](repeating: [], count: itemCount)
        try found.withUnsafeMutableBufferPointer { found throws(MartletError) in
            nonisolated(unsafe) let found = found
            try parallelFor(blocks.count, grain: 1, threads: threads) { range, _ throws(MartletError) in
                var sums = [Float](repeating: 0, count: itemCount)
                var touched: [Int32] = []
                var best = BestItems(k: k)
                for block in range {
                    if isCancelled() { throw MartletError(.cancelled, "training was stopped") }
                    for item in blocks[block] {
                        touched.removeAll(keepingCapacity: true)
                        Self.addUp(item, byItem, columnValues, incidence, rowValues, into: &sums, touched: &touched)
                        for other in touched {
                            let sum = sums[Int(other)]
                            sums[Int(other)] = 0
                            guard Int(other) != item else { continue }
                            best.offer(other, score: sum / (norms[item] * norms[Int(other)] + shrinkage))
                        }
                        found[item] = best.drain()
                    }
                }
            }
        }
        offsets = [0]
        for list in found { offsets.append(offsets.last! + list.count) }
        items = found.flatMap { $0.map(\.item) }
        similarities = found.flatMap { $0.map(\.score) }
    }

    /// Takes neighbourhoods that were stored.
    init(offsets: [Int], items: [Int32], similarities: [Float]) {
        self.offsets = offsets
        self.items = items
        self.similarities = similarities
    }

    private static func addUp(
        _ item: Int, _ byItem: SparseRows, _ columnValues: [Float], _ byUser: SparseRows, _ rowValues: [Float],
        into sums: inout [Float], touched: inout [Int32]
    ) {
        sums.withUnsafeMutableBufferPointer { sums in
            byUser.indices.withUnsafeBufferPointer { indices in
                rowValues.withUnsafeBufferPointer { values in
                    for place in byItem.range(item) {
                        let weight = columnValues[place]
                        for entry in byUser.range(Int(byItem.indices[place])) {
                            let other = Int(indices[entry])
                            // Weights are positive: a sum of 0 was never touched.
                            if sums[other] == 0 { touched.append(Int32(other)) }
                            sums[other] += weight * values[entry]
                        }
                    }
                }
            }
        }
    }

    /// Neighbouring items in blocks of about equal work, Σ over the item's users of the user's items, in an order that
    /// deals the blocks out like cards so that each thread's share is alike.
    private static func blocks(_ byItem: SparseRows, of byUser: SparseRows) -> [[Int]] {
        let work = (0..<byItem.rows).map { item in
            byItem[item].reduce(64) { $0 + byUser.range(Int($1)).count }
        }
        let share = max(work.reduce(0, +) / 256, 1)
        var blocks: [[Int]] = []
        var block: [Int] = []
        var sum = 0
        for item in 0..<byItem.rows {
            block.append(item)
            sum += work[item]
            if sum >= share || item == byItem.rows - 1 {
                blocks.append(block)
                (block, sum) = ([], 0)
            }
        }
        return blocks.enumerated().sorted { ($0.offset % 16, $0.offset) < ($1.offset % 16, $1.offset) }.map(\.element)
    }
}
