import CKernels
import Core
import Tensor

extension PartitionedIndex {
    /// What stands in a file's header.
    static let format = "martlet-partitioned-index"

    /// Writes the index as one safetensors file, which Python's `safetensors` reads:
    ///
    /// | tensor | type and shape | |
    /// |---|---|---|
    /// | `tiles` | U8, tiles × bytes | 16 vectors a tile: for each 8 dimensions and vector 4 bytes, dimensions 0…3 in the low halves, 4…7 in the high; then 16 scales, F32. x ≈ μ + scale · (2n − 15) |
    /// | `rows` | I16, slots × D | x = row · 2^exponent; slot = 16 · tile + lane |
    /// | `exponents` | I8, slots | |
    /// | `slot_keys` | I32, slots | −1 where nothing is |
    /// | `centroids`, `spreads` | F32, cells × D and cells | μ and σ |
    /// | `offsets` | I32, cells + 1 | the first tile of each cell |
    /// | `keys`, `slots` | I32, n | the keys in the cells, ascending, and where they are |
    /// | `live` | U16, tiles | a bit for each lane that holds a vector |
    /// | `pending`, `pending_keys` | F32, m × D, and I32, m | vectors beside the cells |
    ///
    /// - Throws: `outOfSpace` or `system` if it can't be written; what was at `path` is then unharmed.
    public func save(to path: String) throws {
        func part(_ name: String, _ type: String, _ shape: [Int], _ bytes: CellBytes) -> TensorFile.Part {
            TensorFile.Part(
                name: name, type: type, shape: shape,
                bytes: UnsafeRawBufferPointer(start: bytes.pointer, count: bytes.count))
        }
        var owners: [CellBytes] = []
        func copied<Number>(_ name: String, _ type: String, _ shape: [Int], _ numbers: [Number]) -> TensorFile.Part {
            owners.append(CellBytes(numbers))
            return part(name, type, shape, owners[owners.count - 1])
        }
        var parts: [TensorFile.Part] = []
        if let cells {
            let (tiles, slots, count) = (cells.tileCount, cells.tileCount * Cells.lanes, cells.centroids.rows)
            parts = [
                part("tiles", "U8", [tiles, martlet_cells_tile_bytes(dimensions)], cells.tiles),
                part("rows", "I16", [slots, dimensions], cells.rows),
                part("slot_keys", "I32", [slots], cells.keys),
                copied("centroids", "F32", [count, dimensions], Array(cells.centroids.values)),
                copied("spreads", "F32", [count], cells.spreads), copied("offsets", "I32", [count + 1], cells.offsets),
                part("keys", "I32", [cells.count], cells.ordered), part("slots", "I32", [cells.count], cells.slots),
            ]
        }
        parts += [
            copied("pending", "F32", [pending.count, dimensions], Array(pending.vectors.values)),
            copied("pending_keys", "I32", [pending.count], pending.keys),
        ]
        if let cells {
            parts += [
                copied("live", "U16", [cells.tileCount], live),
                part("exponents", "I8", [cells.tileCount * Cells.lanes], cells.exponents),
            ]
        }
        let metadata = [
            "format": Self.format, "version": "1", "dimensions": "\(dimensions)",
            "reach": "\(effort.reach)", "refine": "\(effort.refine)", "trained": "\(trainedCount)",
            "cells": options.cells.map { "\($0)" } ?? "", "rounds": "\(options.rounds)", "sample": "\(options.sample)",
            "recall": "\(options.targetRecall)", "k": "\(options.k)", "queries": "\(options.queries)",
            "seed": "\(options.seed)",
        ]
        try withExtendedLifetime((cells, pending, owners)) {
            try TensorFile.write(parts, metadata: metadata, to: path)
        }
    }

    /// Opens a file that ``save(to:)`` wrote. Its vectors are read through a memory map: several processes share them.
    ///
    /// - Throws: `notFound` if there is none, `corrupted` if it is no index or is cut short.
    public init(loading path: String) throws {
        func corrupted(_ what: String) -> MartletError { TensorFile.corrupted(path, what) }
        let file = try TensorFile(path)
        let metadata = file.metadata
        func number(_ name: String) -> Int? { metadata[name].flatMap { Int($0) } }
        guard metadata["format"] == Self.format, metadata["version"] == "1",
            let dimensions = number("dimensions"), (0...martlet_cells_most_dimensions()).contains(dimensions),
            let reach = metadata["reach"].flatMap({ Float($0) }), reach >= 0,
            let refine = metadata["refine"].flatMap({ Float($0) }), refine >= 1, refine.isFinite,
            let trained = number("trained"), trained >= 0, trained <= Int(Int32.max), let rounds = number("rounds"),
            let sample = number("sample"), let target = metadata["recall"].flatMap({ Double($0) }),
            let k = number("k"), let queries = number("queries"), let seed = metadata["seed"].flatMap({ UInt64($0) })
        else { throw corrupted("its header does not say how it was made") }
        self.init(
            dimensions: dimensions,
            options: PartitionOptions(
                cells: number("cells"), rounds: rounds, sample: sample, targetRecall: target, k: k, queries: queries,
                seed: seed))
        effort = SearchEffort(reach: reach, refine: refine)
        trainedCount = trained
        let waiting = file.tensors["pending_keys"]?.shape.first ?? 0
        let pendingKeys = Array(try file.tensor("pending_keys", "I32", [waiting]).numbers(Int32.self))
        let values = try file.tensor("pending", "F32", [waiting, dimensions]).numbers(Float.self)
        try pending.upsert(pendingKeys, vectors: Matrix(rows: waiting, columns: dimensions, values: values))
        guard pending.keys == pendingKeys else { throw corrupted("its keys do not rise") }
        guard file.tensors["tiles"] != nil else { return }
        let cells = try Cells(file, path: path, dimensions: dimensions)
        live = Array(try file.tensor("live", "U16", [cells.tileCount]).numbers(UInt16.self))
        guard zip(live, cells.occupied).allSatisfy({ $0 & ~$1 == 0 }) else {
            throw corrupted("a lane that holds nothing is said to hold a vector")
        }
        liveCount = live.reduce(0) { $0 + $1.nonzeroBitCount }
        self.cells = cells
        for key in pendingKeys {
            if let slot = cells.slot(of: key), isLive(slot) { throw corrupted("its key \(key) stands for two vectors") }
        }
    }
}

extension Cells {
    /// The cells of a file, checked: whatever its bytes are, what is read lies within it.
    fileprivate convenience init(_ file: TensorFile, path: String, dimensions: Int) throws {
        func corrupted(_ what: String) -> MartletError { TensorFile.corrupted(path, what) }
        let tiles = file.tensors["tiles"]?.shape.first ?? 0
        let cells = file.tensors["spreads"]?.shape.first ?? 0
        let count = file.tensors["keys"]?.shape.first ?? 0
        let slots = tiles * Cells.lanes
        guard cells >= 1, dimensions >= 1, slots <= Int(Int32.max) else { throw corrupted("it has no cells") }
        let centroids = try file.tensor("centroids", "F32", [cells, dimensions])
        let offsets = Array(try file.tensor("offsets", "I32", [cells + 1]).numbers(Int32.self))
        guard offsets.first == 0, offsets.last.map(Int.init) == tiles, zip(offsets, offsets.dropFirst()).allSatisfy(<=)
        else { throw corrupted("its cells do not follow one another") }
        let spreads = Array(try file.tensor("spreads", "F32", [cells]).numbers(Float.self))
        guard spreads.allSatisfy({ $0 >= 0 && $0 <= 1e38 }), centroids.numbers(Float.self).allSatisfy(\.isFinite) else {
            throw corrupted("its centroids are not numbers")
        }
        self.init(
            centroids: Matrix(rows: cells, columns: dimensions, values: centroids.numbers(Float.self)),
            spreads: spreads, offsets: offsets,
            tiles: try file.tensor("tiles", "U8", [tiles, martlet_cells_tile_bytes(dimensions)]),
            rows: try file.tensor("rows", "I16", [slots, dimensions]),
            exponents: try file.tensor("exponents", "I8", [slots]), keys: try file.tensor("slot_keys", "I32", [slots]),
            ordered: try file.tensor("keys", "I32", [count]), slots: try file.tensor("slots", "I32", [count]))
        // Each key stands where it is said to stand, and nothing else stands anywhere.
        let (ordered, places, keys) = (
            self.ordered.numbers(Int32.self), self.slots.numbers(Int32.self), self.keys.numbers(Int32.self)
        )
        var last: Int32 = -1
        for rank in 0..<count {
            let place = Int(places[rank])
            guard ordered[rank] > last, place >= 0, place < slots, keys[place] == ordered[rank] else {
                throw corrupted("its keys do not rise, or do not stand where they should")
            }
            last = ordered[rank]
        }
        guard keys.reduce(0, { $0 + ($1 >= 0 ? 1 : 0) }) == count else { throw corrupted("a vector has no key") }
    }
}
