import CKernels
import Core
import Tensor

extension PartitionedIndex {
    /// Of so many allowed vectors at most, all are compared.
    private static let fewAllowed = 8192

    /// The `k` keys with the largest inner products with each query, as far as ``effort`` finds them; equal scores by the
    /// lower key.
    ///
    /// A filter that few vectors pass makes the search exact among them (to 16 bits); otherwise the rule by which cells
    /// are read counts only what passed, so a list is as long as there are vectors for it.
    ///
    /// - Throws: `invalidData` if the queries or the filter have the wrong shape.
    public func search(_ queries: Matrix, k: Int, filter: SearchFilter) throws -> RankedLists {
        try search(queries, k: k, filter: filter, effort: effort)
    }

    /// Searches with an effort of this search's own; see ``search(_:k:filter:)``.
    ///
    /// - Parameter threads: the most threads to use; ``Threads/count`` if nil. One query is the work of one thread.
    public func search(
        _ queries: Matrix, k: Int, filter: SearchFilter = SearchFilter(), effort: SearchEffort, threads: Int? = nil
    ) throws -> RankedLists {
        try measuredSearch(queries, k: k, filter: filter, effort: effort, threads: threads).lists
    }

    /// The lists, and how many vectors were compared in 4 bits for all of them.
    func measuredSearch(_ queries: Matrix, k: Int, filter: SearchFilter, effort: SearchEffort, threads: Int?) throws
        -> (lists: RankedLists, scanned: Int)
    {
        try pending.check(queries, k: k, filter)
        // A search among nothing takes longer than one would think.
        let recent =
            pending.count > 0
            ? try pending.search(queries, k: k, filter: filter) : RankedLists(count: queries.rows, k: k)
        guard let cells, liveCount > 0, queries.rows > 0 else { return (recent, 0) }
        var lists = RankedLists(count: queries.rows, k: k)
        let among = filter.allowed.flatMap { allowedSlots(cells, $0) }
        var scanned = [Int](repeating: 0, count: queries.rows)
        lists.items.withUnsafeMutableBufferPointer { items in
            lists.scores.withUnsafeMutableBufferPointer { scores in
                scanned.withUnsafeMutableBufferPointer { scanned in
                    nonisolated(unsafe) let (items, scores, scanned) = (items, scores, scanned)
                    parallelFor(queries.rows, grain: 4, threads: threads) { range, _ in
                        for query in range {
                            scanned[query] = search(
                                cells, queries.pointer + query * dimensions, k: k, filter: filter, row: query,
                                among: among, effort: effort, items: items.baseAddress! + query * k,
                                scores: scores.baseAddress! + query * k)
                        }
                    }
                }
            }
        }
        withExtendedLifetime(queries) {}
        return (pending.count == 0 ? lists : merged(lists, recent), scanned.reduce(0, +))
    }

    /// One query among the cells; returns how many vectors were compared in 4 bits.
    private func search(
        _ cells: Cells, _ query: UnsafePointer<Float>, k: Int, filter: SearchFilter, row: Int, among: [Int32]?,
        effort: SearchEffort, items: UnsafeMutablePointer<Int32>, scores: UnsafeMutablePointer<Float>
    ) -> Int {
        let excluded = filter.exclude?[row].sorted() ?? []
        let wanted = min(k, liveCount)
        // Slots that are known to be allowed need no second look.
        let isAsked = filter.allowed != nil && among == nil
        let refined = min(Double(max(1, effort.refine)) * Double(wanted), Double(liveCount)).rounded(.up)
        return excluded.withUnsafeBufferPointer { excluded in
            (filter.allowed ?? []).withUnsafeBytes { allowed in
                cells.withKernelCells(live: live) { kernelCells in
                    var job = martlet_cells_job(
                        query: query, k: wanted, refine: max(wanted, Int(refined)),
                        reach: max(effort.reach, 0),
                        allowed: isAsked ? allowed.baseAddress?.assumingMemoryBound(to: UInt8.self) : nil,
                        allowed_count: allowed.count, excluded: excluded.baseAddress, excluded_count: excluded.count,
                        result_items: items, result_scores: scores, scanned: 0)
                    if let among {
                        among.withUnsafeBufferPointer {
                            martlet_cells_exact(kernelCells, &job, $0.baseAddress, $0.count)
                        }
                    } else {
                        martlet_cells_search(kernelCells, &job)
                    }
                    return job.scanned
                }
            }
        }
    }

    /// The slots of what is allowed, if it is little.
    private func allowedSlots(_ cells: Cells, _ allowed: [Bool]) -> [Int32]? {
        let most = max(PartitionedIndex.fewAllowed, liveCount / 32)
        // Truth values are bytes of 0 and 1.
        let passing = allowed.withUnsafeBytes { $0.reduce(into: 0) { $0 += Int($1) } }
        guard passing <= most else { return nil }
        return [Int32](unsafeUninitializedCapacity: max(passing, 1)) { slots, found in
            found = cells.withKernelCells(live: live) { kernelCells in
                allowed.withUnsafeBytes { bytes in
                    martlet_cells_allowed(
                        kernelCells, cells.ordered.numbers(Int32.self).baseAddress,
                        cells.slots.numbers(Int32.self).baseAddress, cells.count,
                        bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, slots.baseAddress)
                }
            }
        }
    }

    /// The best of two searches of the same queries.
    func merged(_ first: RankedLists, _ second: RankedLists) -> RankedLists {
        let k = first.k
        var result = RankedLists(count: first.count, k: k)
        for query in 0..<first.count {
            var (a, b) = (query * k, query * k)
            for place in query * k..<(query + 1) * k {
                let isFirst: Bool
                if second.items[b] < 0 {
                    isFirst = true
                } else if first.items[a] < 0 {
                    isFirst = false
                } else {
                    isFirst = (first.scores[a], second.items[b]) > (second.scores[b], first.items[a])
                }
                result.items[place] = isFirst ? first.items[a] : second.items[b]
                result.scores[place] = isFirst ? first.scores[a] : second.scores[b]
                if isFirst { a += 1 } else { b += 1 }
            }
        }
        return result
    }
}
