import CKernels

/// The `k` items with the largest inner products with each query, exactly.
///
/// score(q, i) = ⟨queries[q], items[i]⟩. Equal scores are ordered by the lower item. Items whose score is NaN or −∞
/// are never returned. A query with fewer than `k` items left has a list padded with −1.
///
/// - Parameters:
///   - queries: `Q × D`.
///   - items: `N × D`.
///   - k: the length of the lists, at least 1.
///   - exclude: `Q × N`; the items of row `q` are left out of list `q` (already seen, say).
///   - allowed: `N` truth values; an item that is not allowed is in no list.
///   - threads: the most threads to use; ``Threads/count`` if nil.
/// - Complexity: O(Q · N · D)
public func topK(
    queries: Matrix, items: Matrix, k: Int, exclude: SparseRows? = nil, allowed: [Bool]? = nil, threads: Int? = nil
) -> RankedLists {
    precondition(queries.columns == items.columns, "queries and items have as many dimensions")
    precondition(k >= 1, "a list has at least one place")
    var result = RankedLists(count: queries.rows, k: k)
    for query in 0..<queries.rows {
        let hidden = Set(exclude?[query] ?? [])
        var found: [(score: Float, item: Int32)] = []
        for item in 0..<items.rows where allowed?[item] ?? true && !hidden.contains(Int32(item)) {
            let score = dot(UnsafeBufferPointer(queries.row(query)), UnsafeBufferPointer(items.row(item)))
            if score > -.infinity { found.append((score, Int32(item))) }
        }
        found.sort { ($1.score, $0.item) < ($0.score, $1.item) }
        for (rank, entry) in found.prefix(k).enumerated() {
            result.items[query * k + rank] = entry.item
            result.scores[query * k + rank] = entry.score
        }
    }
    return result
}
