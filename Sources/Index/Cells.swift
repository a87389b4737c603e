import CKernels
import Tensor

/// The vectors of a ``PartitionedIndex`` in their cells, as the kernels read them. Never changed once made.
final class Cells: Sendable {
    let dimensions: Int
    /// `C × D`: the means of the cells as they were found.
    let centroids: Matrix
    /// The standard deviation of each cell's residuals along one direction.
    let spreads: [Float]
    /// The first tile of each cell, and the number of tiles.
    let offsets: [Int32]
    /// Codes of 4 bits and their scales.
    let tiles: CellBytes
    /// 16 bits a dimension for each slot.
    let rows: CellBytes
    /// The exponent of each slot's row.
    let exponents: CellBytes
    /// The key of each slot, −1 where it holds nothing.
    let keys: CellBytes
    /// All keys, ascending.
    let ordered: CellBytes
    /// The slot of each of them.
    let slots: CellBytes
    private let packedCentroids: CellBytes

    static let lanes = martlet_cells_tile_items()

    /// How many vectors there are.
    var count: Int { ordered.count / 4 }
    var tileCount: Int { Int(offsets.last ?? 0) }

    init(
        centroids: Matrix, spreads: [Float], offsets: [Int32], tiles: CellBytes, rows: CellBytes,
        exponents: CellBytes, keys: CellBytes, ordered: CellBytes, slots: CellBytes
    ) {
        dimensions = centroids.columns
        self.centroids = centroids
        self.spreads = spreads
        self.offsets = offsets
        self.tiles = tiles
        self.rows = rows
        self.exponents = exponents
        self.keys = keys
        self.ordered = ordered
        self.slots = slots
        packedCentroids = CellBytes(count: martlet_cells_centroid_bytes(centroids.rows, centroids.columns))
        martlet_cells_pack_centroids(
            centroids.pointer, centroids.rows, centroids.columns, packedCentroids.writable(UInt8.self))
    }

    /// The bytes of all of it.
    var byteCount: Int {
        [tiles, rows, exponents, keys, ordered, slots, packedCentroids].reduce(0) { $0 + $1.count }
            + centroids.values.count * 4 + spreads.count * 4 + offsets.count * 4
    }

    /// A bit for each lane of each tile that holds a vector.
    var occupied: [UInt16] {
        let keys = keys.numbers(Int32.self)
        return (0..<tileCount).map { tile in
            (0..<Cells.lanes).reduce(0) { $0 | (keys[tile * Cells.lanes + $1] >= 0 ? 1 << UInt16($1) : 0) }
        }
    }

    /// The slot of a key, or nil if it isn't here.
    func slot(of key: Int32) -> Int? {
        let ordered = ordered.numbers(Int32.self)
        var (low, high) = (0, ordered.count)
        while low < high {
            let middle = (low + high) / 2
            if ordered[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < ordered.count && ordered[low] == key ? Int(slots.numbers(Int32.self)[low]) : nil
    }

    /// The vector of a slot, as its 16 bits have it.
    func vector(at slot: Int, into vector: UnsafeMutablePointer<Float>) {
        martlet_cells_decode(
            rows.numbers(Int16.self).baseAddress! + slot * dimensions, exponents.numbers(Int8.self)[slot], dimensions,
            vector)
    }

    /// Calls `body` with what the kernels read; it is valid during the call.
    func withKernelCells<Result>(live: [UInt16], _ body: (UnsafePointer<martlet_cells>) -> Result) -> Result {
        spreads.withUnsafeBufferPointer { spreads in
            offsets.withUnsafeBufferPointer { offsets in
                live.withUnsafeBufferPointer { live in
                    var cells = martlet_cells(
                        dimensions: dimensions, cells: centroids.rows,
                        centroids: packedCentroids.pointer.assumingMemoryBound(to: UInt8.self),
                        spreads: spreads.baseAddress, offsets: offsets.baseAddress,
                        tiles: tiles.pointer.assumingMemoryBound(to: UInt8.self),
                        rows: rows.pointer.assumingMemoryBound(to: Int16.self),
                        exponents: exponents.pointer.assumingMemoryBound(to: Int8.self),
                        keys: keys.pointer.assumingMemoryBound(to: Int32.self), live: live.baseAddress)
                    return withExtendedLifetime(self) { body(&cells) }
                }
            }
        }
    }
}
