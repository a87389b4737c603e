import CKernels
import Core
import Tensor

extension Cells {
    /// Finds cells and puts vectors into them.
    ///
    /// - Parameters:
    ///   - vectors: `N × D`, finite, not empty.
    ///   - keys: the key of each row, ascending.
    /// - Complexity: O(N · C · D)
    convenience init(_ vectors: Matrix, keys: [Int32], options: PartitionOptions, threads: Int?) {
        let cells = options.cellCount(for: vectors.rows)
        var random = RandomSource(seed: options.seed)
        let most = options.sample * cells
        var sample = vectors
        if vectors.rows > most {
            sample = Matrix(rows: most, columns: vectors.columns)
            for (place, row) in CellClustering.draw(most, of: vectors.rows, &random).enumerated() {
                _ = sample.row(place).update(fromContentsOf: vectors.row(row))
            }
        }
        let centroids = CellClustering(
            sample, cells: cells, rounds: options.rounds, seed: options.seed &+ 1, threads: threads
        ).centroids
        let members = CellMembers(CellClustering.assign(vectors, to: centroids, threads: threads), cells: cells)
        CellClustering.average(vectors, members, into: centroids, threads: threads)
        self.init(vectors, keys: keys, members: members, centroids: centroids, threads: threads)
    }

    /// Puts vectors into cells that are known.
    private convenience init(
        _ vectors: Matrix, keys: [Int32], members: CellMembers, centroids: Matrix, threads: Int?
    ) {
        let (cells, lanes, dimensions) = (members.cells, Cells.lanes, vectors.columns)
        let tileBytes = martlet_cells_tile_bytes(dimensions)
        let offsets = Cells.offsets(of: (0..<cells).map { members[$0].count })
        let places = Int(offsets[cells]) * lanes
        let tiles = CellBytes(count: Int(offsets[cells]) * tileBytes)
        let rows = CellBytes(count: places * dimensions * 2)
        let (exponents, keysOfSlots) = (CellBytes(count: places), CellBytes(count: places * 4))
        var spreads = [Float](repeating: 0, count: cells)
        spreads.withUnsafeMutableBufferPointer { spreads in
            nonisolated(unsafe) let spreads = spreads
            parallelFor(cells, grain: 8, threads: threads) { range, _ in
                for cell in range {
                    let (chosen, first) = (members[cell], Int(offsets[cell]) * lanes)
                    let centroid = centroids.row(cell)
                    let sum = chosen.withUnsafeBufferPointer { chosen in
                        martlet_cells_encode(
                            vectors.pointer, chosen.baseAddress, chosen.count, dimensions, centroid.baseAddress,
                            tiles.writable(UInt8.self) + first / lanes * tileBytes,
                            rows.writable(Int16.self) + first * dimensions, exponents.writable(Int8.self) + first)
                    }
                    spreads[cell] = Cells.spread(sum, of: chosen.count, around: UnsafeBufferPointer(centroid))
                    let keysHere = keysOfSlots.writable(Int32.self)
                    for place in first..<Int(offsets[cell + 1]) * lanes { keysHere[place] = -1 }
                    for (place, row) in chosen.enumerated() { keysHere[first + place] = keys[Int(row)] }
                }
            }
        }
        let (ordered, slots) = Cells.order(keysOfSlots, keys: keys)
        self.init(
            centroids: centroids, spreads: spreads, offsets: offsets, tiles: tiles, rows: rows, exponents: exponents,
            keys: keysOfSlots, ordered: ordered, slots: slots)
    }

    /// σ = √(Σ‖x − μ‖² / (n · D)), and no less than what rounding a centroid to 8 bits leaves open.
    static func spread(_ sum: Double, of count: Int, around centroid: UnsafeBufferPointer<Float>) -> Float {
        guard !centroid.isEmpty else { return 1e-20 }
        // In double precision: squares of large numbers are no float32.
        let own = centroid.reduce(0) { $0 + Double($1) * Double($1) } / Double(centroid.count)
        let spread = (sum / Double(max(1, count * centroid.count))).squareRoot()
        return min(max(Float(spread), Float(0.01 * own.squareRoot()), 1e-20), 1e38)
    }

    /// The first tile of each cell of so many vectors, and the number of tiles.
    static func offsets(of counts: [Int]) -> [Int32] {
        var offsets: [Int32] = [0]
        for count in counts { offsets.append(offsets[offsets.count - 1] + Int32((count + lanes - 1) / lanes)) }
        return offsets
    }

    /// The keys, ascending, and the slot of each.
    static func order(_ keysOfSlots: CellBytes, keys: [Int32]) -> (ordered: CellBytes, slots: CellBytes) {
        let ofSlot = keysOfSlots.numbers(Int32.self)
        let slots = CellBytes(count: keys.count * 4)
        let slot = slots.writable(Int32.self)
        if let largest = keys.last.map(Int.init), largest < 4 * keys.count {
            var rank = [Int32](repeating: -1, count: largest + 1)
            for (place, key) in keys.enumerated() { rank[Int(key)] = Int32(place) }
            for place in ofSlot.indices where ofSlot[place] >= 0 { slot[Int(rank[Int(ofSlot[place])])] = Int32(place) }
        } else {
            let filled = ofSlot.indices.filter { ofSlot[$0] >= 0 }.sorted { ofSlot[$0] < ofSlot[$1] }
            for (place, filledPlace) in filled.enumerated() { slot[place] = Int32(filledPlace) }
        }
        return (CellBytes(keys), slots)
    }
}
