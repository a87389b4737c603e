/// A large symmetric matrix as the square tiles of its lower triangle: half the memory of the whole.
///
/// Rows past the order, which fill the last tile up, are those of the identity, so that every tile is alike to the
/// routines that work on tiles.
///
/// A matrix is a handle, as ``Matrix`` is: copies share the same numbers.
package struct SymmetricTiles: Sendable {
    /// The number of rows and columns.
    package let order: Int
    /// The number of rows and columns of a tile.
    package let tile: Int
    /// How many tiles stand side by side.
    package let side: Int
    /// `side · (side + 1) / 2` tiles, row after row of the triangle, each `tile × tile` row-major.
    let storage: Matrix

    /// Makes a matrix of zeros.
    ///
    /// - Parameter tile: the wished size of a tile; the largest at which products run at the chip's rate and some 16
    ///   tiles stand side by side is best.
    /// - Complexity: O(order² / 2), memory 2 · order · (order + tile) bytes
    package init(order: Int, tile wished: Int = 512) {
        precondition(order >= 0 && wished >= 1, "a matrix has no negative size")
        self.order = order
        // Whole vectors, and no more padding than that takes.
        let wishedSide = max((order + wished - 1) / wished, 1)
        tile = max((order + wishedSide - 1) / wishedSide + 15, 16) / 16 * 16
        side = max((order + tile - 1) / tile, 1)
        storage = Matrix(rows: side * (side + 1) / 2, columns: tile * tile)
        for index in order..<side * tile { row(index)[index % tile] = 1 }
    }

    /// The first number of the tile in tile row `i` and tile column `j`, `j ≤ i`.
    package func pointer(_ i: Int, _ j: Int) -> UnsafeMutablePointer<Float> {
        precondition(0 <= j && j <= i && i < side, "tile [\(i), \(j)] of \(side)")
        return storage.pointer + (i * (i + 1) / 2 + j) * tile * tile
    }

    /// The part of row `index` that lies in its diagonal tile.
    private func row(_ index: Int) -> UnsafeMutablePointer<Float> {
        pointer(index / tile, index / tile) + index % tile * tile
    }

    /// The number in row `row` and column `column`.
    package subscript(row: Int, column: Int) -> Float {
        get {
            let (i, j) = (max(row, column), min(row, column))
            return pointer(i / tile, j / tile)[i % tile * tile + j % tile]
        }
        nonmutating set {
            let (i, j) = (max(row, column), min(row, column))
            pointer(i / tile, j / tile)[i % tile * tile + j % tile] = newValue
        }
    }

    /// Copies row `index` up to the diagonal, which is included, from `values`.
    package func setLowerRow(_ index: Int, _ values: UnsafePointer<Float>) {
        let (i, within) = (index / tile, index % tile)
        for j in 0...i {
            let count = min(tile, index + 1 - j * tile)
            (pointer(i, j) + within * tile).update(from: values + j * tile, count: count)
        }
    }

    /// Copies the whole row `index`, `order` numbers, into `values`.
    package func copyRow(_ index: Int, into values: UnsafeMutablePointer<Float>) {
        let (i, within) = (index / tile, index % tile)
        for j in 0...i {
            let count = j < i ? tile : within + 1
            (values + j * tile).update(from: pointer(i, j) + within * tile, count: count)
        }
        for column in (index + 1)..<max(order, index + 1) {
            values[column] = pointer(column / tile, i)[column % tile * tile + within]
        }
    }
}
