import Core
import Tensor

extension PartitionedIndex {
    /// Compares searches with exact ones.
    ///
    /// - Parameters:
    ///   - queries: `Q × D`; nil takes vectors of the index at random, as many as ``PartitionOptions/queries``.
    ///   - k: the length of the lists; nil takes ``PartitionOptions/k``.
    ///   - effort: how much is read; nil takes the index's own.
    /// - Throws: `invalidData` if the queries have the wrong shape.
    /// - Complexity: O(Q · N · D)
    public func measureRecall(
        queries: Matrix? = nil, k: Int? = nil, filter: SearchFilter = SearchFilter(), effort: SearchEffort? = nil
    ) throws -> RecallReport {
        let queries = queries ?? sampleQueries()
        let k = k ?? options.k
        try check(queries)
        let exact = exactLists(queries, k: k, filter: filter, threads: nil)
        return try compare(queries, with: exact, filter: filter, effort: effort ?? self.effort, threads: nil)
    }

    /// Sets the effort to the least found to reach ``PartitionOptions/targetRecall``.
    ///
    /// - Parameter queries: `Q × D`; nil takes vectors of the index at random.
    /// - Returns: what was measured with it.
    /// - Throws: `invalidData` if the queries have the wrong shape or are none.
    /// - Complexity: O(Q · N · D)
    @discardableResult public mutating func tune(queries: Matrix? = nil, threads: Int? = nil) throws -> RecallReport {
        let queries = queries ?? sampleQueries()
        try check(queries)
        let exact = exactLists(queries, k: options.k, filter: SearchFilter(), threads: threads)
        var best: (effort: SearchEffort, report: RecallReport, cost: Double)?
        var most = 8 * PartitionedIndex.steps
        for refine in [1.15, 1.3, 1.5, 2, 3, 5] as [Float] {
            guard let (reach, report) = try leastReach(refine, most, queries, exact, threads: threads) else { continue }
            most = reach
            // A vector scored again is read from memory at random: as long as some ten of the scan, which runs ahead.
            let cost = report.scanned + 10 * Double(refine) * Double(options.k)
            if cost >= best?.cost ?? .infinity { break }
            best = (SearchEffort(reach: Float(reach) / Float(PartitionedIndex.steps), refine: refine), report, cost)
        }
        guard let best else {
            effort = .everything
            return try compare(queries, with: exact, filter: SearchFilter(), effort: effort, threads: threads)
        }
        effort = best.effort
        return best.report
    }

    private func check(_ queries: Matrix) throws {
        guard queries.columns == dimensions, queries.rows > 0 || count == 0 else {
            throw MartletError(
                .invalidData,
                "recall is measured with queries of \(dimensions) dimensions, not \(queries.rows) of \(queries.columns)",
                hint: "give the vectors of some hundred users")
        }
    }

    /// The exact lists, by comparing all: some vectors at a time, as their 16 bits have them.
    private func exactLists(_ queries: Matrix, k: Int, filter: SearchFilter, threads: Int?) -> RankedLists {
        let keys = keys
        var allowed = filter.allowed
        if let count = allowed?.count, let last = keys.last.map(Int.init), count <= last {
            allowed! += [Bool](repeating: false, count: last + 1 - count)
        }
        var lists = RankedLists(count: queries.rows, k: k)
        for start in stride(from: 0, to: keys.count, by: 1 << 16) {
            let part = Array(keys[start..<min(start + (1 << 16), keys.count)])
            let items = PackedItems(vectors(of: part, threads: threads), keys: part, threads: threads)
            lists = merged(
                lists,
                topK(
                    queries: queries, items: items, k: k, exclude: filter.exclude, allowed: allowed, threads: threads))
        }
        return lists
    }

    /// Reaches are tried in steps of 1/32.
    private static let steps = 32

    /// The least reach, in steps, up to `most`, with which a search that scores `refine · k` vectors again reaches the
    /// target; nil if none does. What is read grows with the exponential of the reach: small ones are tried first.
    private func leastReach(_ refine: Float, _ most: Int, _ queries: Matrix, _ exact: RankedLists, threads: Int?) throws
        -> (reach: Int, report: RecallReport)?
    {
        func report(_ reach: Int) throws -> RecallReport {
            let effort = SearchEffort(reach: Float(reach) / Float(PartitionedIndex.steps), refine: refine)
            return try compare(queries, with: exact, filter: SearchFilter(), effort: effort, threads: threads)
        }
        var low = 0
        var high = min(PartitionedIndex.steps * 3 / 2, most)
        var found = try report(high)
        while found.recall < options.targetRecall {
            guard high < most else { return nil }
            low = high + 1
            high = min(high + PartitionedIndex.steps / 2, most)
            found = try report(high)
        }
        while low < high {
            let middle = (low + high) / 2
            let tried = try report(middle)
            if tried.recall >= options.targetRecall {
                (high, found) = (middle, tried)
            } else {
                low = middle + 1
            }
        }
        return (high, found)
    }

    private func compare(
        _ queries: Matrix, with exact: RankedLists, filter: SearchFilter, effort: SearchEffort, threads: Int?
    ) throws -> RecallReport {
        let (lists, scanned) = try measuredSearch(queries, k: exact.k, filter: filter, effort: effort, threads: threads)
        let recalls = (0..<queries.rows).compactMap { query -> Double? in
            let expected = Set(exact[query])
            return expected.isEmpty
                ? nil : Double(expected.intersection(lists[query]).count) / Double(expected.count)
        }.sorted()
        return RecallReport(
            recall: recalls.isEmpty ? 1 : recalls.reduce(0, +) / Double(recalls.count),
            lowRecall: recalls.isEmpty ? 1 : recalls[recalls.count / 20], k: exact.k, queries: queries.rows,
            scanned: Double(scanned) / Double(max(1, queries.rows)), count: count)
    }

    /// Vectors of the index at random, the same for the same seed.
    private func sampleQueries() -> Matrix {
        let keys = keys
        var random = RandomSource(seed: options.seed &+ 2)
        let chosen = CellClustering.draw(min(options.queries, keys.count), of: keys.count, &random)
        let queries = Matrix(rows: chosen.count, columns: dimensions)
        for (row, place) in chosen.enumerated() {
            _ = queries.row(row).update(fromContentsOf: vector(of: keys[place]) ?? [])
        }
        return queries
    }
}
