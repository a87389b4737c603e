import CKernels
import Tensor

/// Vectors held once more in 8 bits, by which the best of a single query are found in a quarter of the time.
///
/// The scan bounds what rounding to 8 bits leaves open, and scores everything that could be among the best again in
/// float32, so its lists are those of ``topK(queries:items:k:exclude:allowed:threads:)``, to the last bit.
package struct QuantizedVectors: Sendable {
    private let vectors: Matrix
    private let packed: Matrix

    /// How many queries at once are faster one by one than together in float32.
    package static let mostQueries = 4
    /// Fewer vectors than these are not worth the memory.
    private static let fewest = 4096

    /// Quantizes `vectors`, `N × D`, all finite; nil where that would not pay: without the instructions for it, or for
    /// few vectors.
    ///
    /// - Complexity: O(N · D); memory: N · (D + 12) bytes
    package init?(_ vectors: Matrix, threads: Int? = nil) {
        guard martlet_scan_is_fast() != 0, vectors.rows >= Self.fewest, vectors.columns > 0 else { return nil }
        self.init(always: vectors, threads: threads)
    }

    /// Quantizes `vectors` whether it pays or not.
    package init(always vectors: Matrix, threads: Int? = nil) {
        self.vectors = vectors
        let tiles = (vectors.rows + martlet_scan_tile_items() - 1) / martlet_scan_tile_items()
        let tileBytes = martlet_scan_packed_bytes(1, vectors.columns)
        let packed = Matrix(rows: tiles, columns: tileBytes / 4)
        parallelFor(tiles, grain: 64, threads: threads) { range, _ in
            martlet_scan_pack(
                vectors.pointer, vectors.rows, vectors.columns, range.lowerBound, range.upperBound, packed.pointer)
        }
        self.packed = packed
    }

    /// The best `k` of one query; nil where the bounds cannot tell, for lack of differences or of finite numbers.
    ///
    /// - Parameters:
    ///   - query: `D` numbers.
    ///   - keys: the key of each row, rising.
    ///   - allowed: for each key whether it may be found; nil: all may.
    ///   - excluded: keys that may not, sorted.
    /// - Complexity: O(N · D) bytes read
    package func search(_ query: UnsafePointer<Float>, k: Int, keys: [Int32], allowed: [Bool]?, excluded: [Int32])
        -> RankedLists?
    {
        var lists = RankedLists(count: 1, k: k)
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: martlet_scan_scratch_bytes(vectors.columns, k), alignment: 64)
        defer { scratch.deallocate() }
        let isFound = lists.items.withUnsafeMutableBufferPointer { items in
            lists.scores.withUnsafeMutableBufferPointer { scores in
                keys.withUnsafeBufferPointer { keys in
                    excluded.withUnsafeBufferPointer { excluded in
                        (allowed ?? []).withUnsafeBytes { bytes in
                            var job = martlet_scan_job(
                                packed: packed.pointer, rows: vectors.pointer, slots: vectors.rows,
                                dimensions: vectors.columns, query: query, k: k, items: keys.baseAddress,
                                allowed: allowed == nil ? nil : bytes.bindMemory(to: UInt8.self).baseAddress,
                                excluded: excluded.baseAddress, excluded_count: excluded.count,
                                result_items: items.baseAddress, result_scores: scores.baseAddress)
                            return martlet_scan(&job, scratch) != 0
                        }
                    }
                }
            }
        }
        return isFound ? lists : nil
    }
}
