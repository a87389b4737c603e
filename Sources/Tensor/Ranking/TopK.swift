import CKernels
import Synchronization

/// The `k` items with the largest inner products with each query, exactly.
///
/// score(q, i) = ⟨queries[q], items[i]⟩. Equal scores are ordered by the lower item. Items whose score is NaN or −∞
/// are never returned. A query with fewer than `k` items left has a list padded with −1.
///
/// The products of a block of queries with a tile of items stay in registers, where they are compared with each query's
/// threshold, the score of its k-th best item so far: hardly any score ever reaches memory.
///
/// - Parameters:
///   - queries: `Q × D`.
///   - items: `N × D`.
///   - k: the length of the lists, at least 1.
///   - exclude: `Q × N`; the items of row `q` are left out of list `q` (already seen, say). Any order.
///   - allowed: `N` truth values; an item that is not allowed is in no list.
///   - threads: the most threads to use; ``Threads/count`` if nil.
/// - Returns: the lists; the same whatever the number of threads.
/// - Complexity: O(Q · N · D); memory: a copy of the items and the lists.
public func topK(
    queries: Matrix, items: Matrix, k: Int, exclude: SparseRows? = nil, allowed: [Bool]? = nil, threads: Int? = nil
) -> RankedLists {
    precondition(queries.columns == items.columns, "queries and items have as many dimensions")
    let packed = PackedItems(items, allowed: allowed, threads: threads)
    return topK(queries: queries, items: packed, k: k, exclude: exclude, threads: threads)
}

/// The `k` packed items with the largest inner products with each query, exactly; see
/// ``topK(queries:items:k:exclude:allowed:threads:)``.
///
/// Here `allowed` is asked for the few items that score high enough, so it costs little; for many queries,
/// ``PackedItems/init(_:allowed:threads:)`` is faster still.
public func topK(
    queries: Matrix, items: PackedItems, k: Int, exclude: SparseRows? = nil, allowed: [Bool]? = nil, threads: Int? = nil
) -> RankedLists {
    precondition(queries.columns == items.dimensions, "queries and items have as many dimensions")
    precondition(k >= 1, "a list has at least one place")
    precondition(exclude.map { $0.rows == queries.rows } ?? true, "each query has its own row of excluded items")
    precondition(
        allowed.map { $0.count >= items.itemCount } ?? true, "each of \(items.itemCount) items is allowed or not")
    var result = RankedLists(count: queries.rows, k: k)
    // Large blocks, yet some for every worker: 48 is a multiple of every kernel's tile.
    let share = (queries.rows + (threads ?? Threads.count) * 4 - 1) / ((threads ?? Threads.count) * 4)
    let block = min(martlet_topk_block_queries(), (share + 47) / 48 * 48)
    let blocks = queries.rows == 0 ? 0 : (queries.rows + block - 1) / block
    let next = Atomic(0)
    result.items.withUnsafeMutableBufferPointer { foundItems in
        result.scores.withUnsafeMutableBufferPointer { foundScores in
            nonisolated(unsafe) let (foundItems, foundScores) = (foundItems, foundScores)
            // Blocks are handed out as workers become free: each list is the work of one block, so who makes it does
            // not matter.
            parallelFor(min(blocks, threads ?? Threads.count), threads: threads) { _, _ in
                let scratch = Scratch(bytes: martlet_topk_scratch_bytes(items.dimensions, k))
                while true {
                    let start = next.add(1, ordering: .relaxed).oldValue * block
                    guard start < queries.rows else { break }
                    let range = start..<min(start + block, queries.rows)
                    search(range, queries, items, k, exclude, allowed, scratch, foundItems, foundScores)
                }
            }
        }
    }
    return result
}

/// Searches the block `range` of the queries.
private func search(
    _ range: Range<Int>, _ queries: Matrix, _ items: PackedItems, _ k: Int, _ exclude: SparseRows?, _ allowed: [Bool]?,
    _ scratch: Scratch, _ foundItems: UnsafeMutableBufferPointer<Int32>,
    _ foundScores: UnsafeMutableBufferPointer<Float>
) {
    var excluded: [Int32] = []
    var offsets: [Int64] = [0]
    if let exclude {
        for query in range {
            excluded += exclude[query].sorted()
            offsets.append(Int64(excluded.count))
        }
    }
    excluded.withUnsafeBufferPointer { excluded in
        offsets.withUnsafeBufferPointer { offsets in
            items.items.withOptionalPointer { slotItems in
                (allowed ?? []).withUnsafeBytes { truths in
                    var job = martlet_topk_job(
                        packed: items.tiles.pointer, slots: items.count, dimensions: items.dimensions,
                        queries: queries.pointer + range.lowerBound * queries.columns, query_count: range.count, k: k,
                        items: slotItems,
                        allowed: allowed == nil ? nil : truths.baseAddress?.assumingMemoryBound(to: UInt8.self),
                        excluded: exclude == nil ? nil : excluded.baseAddress,
                        offsets: exclude == nil ? nil : offsets.baseAddress,
                        result_items: foundItems.baseAddress! + range.lowerBound * k,
                        result_scores: foundScores.baseAddress! + range.lowerBound * k)
                    martlet_topk_block(&job, scratch.pointer)
                }
            }
        }
    }
    withExtendedLifetime((queries, items)) {}
}

/// A worker's memory, aligned to 64 bytes.
private final class Scratch {
    let pointer: UnsafeMutableRawPointer

    init(bytes: Int) { pointer = .allocate(byteCount: bytes, alignment: 64) }

    deinit { pointer.deallocate() }
}

extension [Int32]? {
    /// Calls `body` with the numbers, or with nil.
    func withOptionalPointer<Result>(_ body: (UnsafePointer<Int32>?) -> Result) -> Result {
        guard let self else { return body(nil) }
        return self.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
