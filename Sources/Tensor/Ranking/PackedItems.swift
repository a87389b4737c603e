import CKernels

/// Item vectors in the order in which the top-k kernel reads them, made once and searched many times.
///
/// Holds only the items that may be recommended: a filter costs nothing at search time, it makes the search shorter.
public struct PackedItems: Sendable {
    /// How many items can be found.
    public let count: Int
    /// The number of dimensions of each vector.
    public let dimensions: Int
    /// One more than the largest item.
    public let itemCount: Int
    /// The item of each slot, rising; nil if slot and item are the same.
    let items: [Int32]?
    /// `⌈count/T⌉ × D × T`: tiles of `T` items, dimension by dimension.
    let tiles: Matrix

    /// Packs the rows of `items`: item `i` is row `i`.
    ///
    /// - Parameters:
    ///   - items: `N × D`.
    ///   - allowed: `N` truth values; an item that is not allowed is left out. Nil allows all.
    ///   - threads: the most threads to use; ``Threads/count`` if nil.
    /// - Complexity: O(N · D)
    public init(_ items: Matrix, allowed: [Bool]? = nil, threads: Int? = nil) {
        precondition(allowed.map { $0.count == items.rows } ?? true, "each of \(items.rows) items is allowed or not")
        let rows = allowed.map { allowed in Array(allowed.indices.lazy.filter { allowed[$0] }.map(Int32.init)) }
        self.init(items, rows: rows, items: rows, itemCount: items.rows, threads: threads)
    }

    /// Packs the rows of `vectors` as the vectors of the items `keys`.
    ///
    /// - Parameters:
    ///   - vectors: `N × D`.
    ///   - keys: the item of each row, strictly rising, none negative.
    ///   - allowed: for each item, up to the largest at least, whether it can be found. Nil allows all.
    ///   - threads: the most threads to use; ``Threads/count`` if nil.
    /// - Complexity: O(N · D)
    public init(_ vectors: Matrix, keys: [Int32], allowed: [Bool]? = nil, threads: Int? = nil) {
        precondition(keys.count == vectors.rows, "\(keys.count) keys for \(vectors.rows) vectors")
        precondition(
            zip(keys, keys.dropFirst()).allSatisfy { $0 < $1 } && (keys.first ?? 0) >= 0, "keys rise from 0 on")
        let itemCount = (keys.last.map(Int.init) ?? -1) + 1
        if let allowed {
            precondition(allowed.count >= itemCount, "\(allowed.count) truth values for items up to \(itemCount - 1)")
            let rows = keys.indices.filter { allowed[Int(keys[$0])] }
            self.init(
                vectors, rows: rows.map(Int32.init), items: rows.map { keys[$0] }, itemCount: itemCount,
                threads: threads)
        } else {
            self.init(vectors, rows: nil, items: keys, itemCount: itemCount, threads: threads)
        }
    }

    private init(_ vectors: Matrix, rows: [Int32]?, items: [Int32]?, itemCount: Int, threads: Int?) {
        self.itemCount = itemCount
        self.items = items
        dimensions = vectors.columns
        let count = rows?.count ?? vectors.rows
        self.count = count
        let width = martlet_topk_tile_items()
        let tiles = Matrix(rows: (count + width - 1) / width, columns: vectors.columns * width)
        parallelFor(tiles.rows, grain: 64, threads: threads) { range, _ in
            rows.withOptionalPointer { rows in
                martlet_topk_pack(
                    vectors.pointer, rows, count, vectors.columns, range.lowerBound, range.upperBound, tiles.pointer)
            }
        }
        self.tiles = tiles
    }
}
