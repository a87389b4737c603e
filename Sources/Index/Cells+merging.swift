import CKernels
import Tensor

extension Cells {
    /// The same cells with more vectors in them, and without those that are not live. The codes of those that stay are
    /// copied: they don't change.
    ///
    /// - Parameters:
    ///   - live: the lanes that stay.
    ///   - vectors: `n × D`, what comes in.
    ///   - keys: their keys, none of a vector that stays.
    /// - Complexity: O(N · D + n · C · D)
    func merging(live: [UInt16], with vectors: Matrix, keys newKeys: [Int32], threads: Int?) -> Cells {
        let (cells, lanes, dimensions) = (centroids.rows, Cells.lanes, dimensions)
        let tileBytes = martlet_cells_tile_bytes(dimensions)
        let members = CellMembers(CellClustering.assign(vectors, to: centroids, threads: threads), cells: cells)
        let staying = (0..<cells).map { cell in
            (Int(self.offsets[cell])..<Int(self.offsets[cell + 1])).reduce(0) { $0 + live[$1].nonzeroBitCount }
        }
        let offsets = Cells.offsets(of: (0..<cells).map { staying[$0] + members[$0].count })
        let places = Int(offsets[cells]) * lanes
        let tiles = CellBytes(count: Int(offsets[cells]) * tileBytes)
        let rows = CellBytes(count: places * dimensions * 2)
        let (exponents, keys) = (CellBytes(count: places), CellBytes(count: places * 4))
        var spreads = self.spreads
        spreads.withUnsafeMutableBufferPointer { spreads in
            nonisolated(unsafe) let spreads = spreads
            parallelFor(cells, grain: 8, threads: threads) { range, _ in
                for cell in range {
                    var slot = Int(offsets[cell]) * lanes
                    let end = Int(offsets[cell + 1]) * lanes
                    for old in Int(self.offsets[cell]) * lanes..<Int(self.offsets[cell + 1]) * lanes
                    where live[old / lanes] >> UInt16(old % lanes) & 1 == 1 {
                        copy(old, to: slot, tiles, rows, exponents, keys)
                        slot += 1
                    }
                    let added = Added(vectors, members[cell], around: centroids.row(cell))
                    for (place, row) in members[cell].enumerated() {
                        added.copy(place, to: slot, tiles, rows, exponents, dimensions)
                        keys.writable(Int32.self)[slot] = newKeys[Int(row)]
                        slot += 1
                    }
                    // Their share of the variance, those that stay as before.
                    let sum = Double(spreads[cell]) * Double(spreads[cell]) * Double(staying[cell] * dimensions)
                    spreads[cell] = Cells.spread(
                        sum + added.sum, of: staying[cell] + members[cell].count,
                        around: UnsafeBufferPointer(centroids.row(cell)))
                    while slot < end {
                        keys.writable(Int32.self)[slot] = -1
                        slot += 1
                    }
                }
            }
        }
        let all = keys.numbers(Int32.self).filter { $0 >= 0 }.sorted()
        let (ordered, slots) = Cells.order(keys, keys: all)
        return Cells(
            centroids: centroids, spreads: spreads, offsets: offsets, tiles: tiles, rows: rows, exponents: exponents,
            keys: keys, ordered: ordered, slots: slots)
    }

    private func copy(
        _ old: Int, to slot: Int, _ tiles: CellBytes, _ rows: CellBytes, _ exponents: CellBytes, _ keys: CellBytes
    ) {
        martlet_cells_move(
            self.tiles.pointer.assumingMemoryBound(to: UInt8.self), old, tiles.writable(UInt8.self), slot, dimensions)
        (rows.writable(Int16.self) + slot * dimensions).update(
            from: self.rows.numbers(Int16.self).baseAddress! + old * dimensions, count: dimensions)
        exponents.writable(Int8.self)[slot] = self.exponents.numbers(Int8.self)[old]
        keys.writable(Int32.self)[slot] = self.keys.numbers(Int32.self)[old]
    }

    /// Vectors of one cell, encoded apart from it.
    private struct Added {
        let tiles: [UInt8]
        let rows: [Int16]
        let exponents: [Int8]
        let sum: Double

        init(_ vectors: Matrix, _ chosen: ArraySlice<Int32>, around centroid: UnsafeMutableBufferPointer<Float>) {
            let tileCount = (chosen.count + Cells.lanes - 1) / Cells.lanes
            var tiles = [UInt8](repeating: 0, count: tileCount * martlet_cells_tile_bytes(vectors.columns))
            var rows = [Int16](repeating: 0, count: tileCount * Cells.lanes * vectors.columns)
            var exponents = [Int8](repeating: 0, count: tileCount * Cells.lanes)
            sum = chosen.withUnsafeBufferPointer { chosen in
                martlet_cells_encode(
                    vectors.pointer, chosen.baseAddress, chosen.count, vectors.columns, centroid.baseAddress, &tiles,
                    &rows, &exponents)
            }
            (self.tiles, self.rows, self.exponents) = (tiles, rows, exponents)
        }

        func copy(
            _ place: Int, to slot: Int, _ tiles: CellBytes, _ rows: CellBytes, _ exponents: CellBytes, _ dimensions: Int
        ) {
            martlet_cells_move(self.tiles, place, tiles.writable(UInt8.self), slot, dimensions)
            let goal = rows.writable(Int16.self) + slot * dimensions
            for column in 0..<dimensions { goal[column] = self.rows[place * dimensions + column] }
            exponents.writable(Int8.self)[slot] = self.exponents[place]
        }
    }
}
