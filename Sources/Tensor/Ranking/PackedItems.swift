import CKernels

/// Item vectors in the order in which the top-k kernel reads them, made once and searched many times.
///
/// Holds only the items that may be recommended: a filter costs nothing at search time, it makes the search shorter.
public struct PackedItems: Sendable {
    /// How many items can be found.
    public let count: Int
    /// The number of dimensions of each vector.
    public let dimensions: Int
    /// One more than the largest item index.
    public let itemCount: Int
    /// The item of each slot, rising; nil if slot and item are the same.
    let slots: [Int32]?
    /// `⌈count/T⌉ × D × T`: tiles of `T` items, dimension by dimension.
    let tiles: Matrix

    /// Packs the rows of `items`.
    ///
    /// - Parameters:
    ///   - items: `N × D`.
    ///   - allowed: `N` truth values; an item that is not allowed is left out. Nil allows all.
    ///   - threads: the most threads to use; ``Threads/count`` if nil.
    /// - Complexity: O(N · D)
    public init(_ items: Matrix, allowed: [Bool]? = nil, threads: Int? = nil) {
        precondition(allowed.map { $0.count == items.rows } ?? true, "each of \(items.rows) items is allowed or not")
        itemCount = items.rows
        dimensions = items.columns
        let slots = allowed.map { allowed in allowed.indices.lazy.filter { allowed[$0] }.map(Int32.init) }.map(
            Array.init)
        self.slots = slots
        let count = slots?.count ?? items.rows
        self.count = count
        let width = martlet_topk_tile_items()
        let tiles = Matrix(rows: (count + width - 1) / width, columns: items.columns * width)
        parallelFor(tiles.rows, grain: 64, threads: threads) { range, _ in
            let pack = { (slots: UnsafePointer<Int32>?) in
                martlet_topk_pack(
                    items.pointer, slots, count, items.columns, range.lowerBound, range.upperBound, tiles.pointer)
            }
            if let slots { slots.withUnsafeBufferPointer { pack($0.baseAddress) } } else { pack(nil) }
        }
        self.tiles = tiles
    }
}
