import CKernels
import Core
import Tensor

/// An approximate index for more vectors than can be compared with every query: they are parted into cells around
/// centroids, and a query reads the few cells that promise most.
///
/// What is read is 4 bits a dimension (an inner product of bytes with AVX512-VNNI); the best by those are scored again
/// in 16 bits a dimension. A vector takes 2.5 bytes a dimension and some 20 bytes, and is returned as its 16 bits have it.
/// Which cells are read is decided anew after each, see ``SearchEffort``; how far to go is measured when the index is
/// made, for the recall that is asked for.
///
/// Changes go to a small exact index beside the cells and are moved into them when there are many; when there are far
/// more vectors than the cells were found for, new cells are found. Fewer than 4096 vectors are searched exactly.
///
/// Sources: Jégou, Douze, Schmid, "Product quantization for nearest neighbor search" (2011) for inverted cells and
/// residuals; André, Kermarrec, Le Scouarnec, "Cache locality is not enough" (2015) for scanning 4-bit codes in
/// registers; Guo et al., "Accelerating large-scale inference with anisotropic vector quantization" (2020) for the error
/// that matters, the one along the vector; Aguerrebere et al., "Similarity search in the blink of an eye with compressed
/// indices" (2023) for a scale of each vector's own.
public struct PartitionedIndex: VectorIndex {
    /// The length of each vector.
    public let dimensions: Int
    /// How much a query reads.
    public var effort: SearchEffort
    /// How the cells were made, and will be; ``tune(queries:threads:)`` asks for its recall.
    public var options: PartitionOptions
    /// nil until there are enough vectors.
    var cells: Cells?
    /// The lanes of the cells' tiles whose vectors are there and neither deleted nor replaced.
    var live: [UInt16]
    /// How many those are.
    var liveCount: Int
    /// What was stored since the cells were made.
    var pending: ExactIndex
    /// How many vectors the cells were found for.
    var trainedCount: Int

    /// Makes an empty index of vectors of length `dimensions`.
    public init(dimensions: Int, options: PartitionOptions = PartitionOptions()) {
        precondition(
            dimensions <= martlet_cells_most_dimensions(), "at most \(martlet_cells_most_dimensions()) dimensions")
        self.dimensions = dimensions
        self.options = options
        effort = SearchEffort()
        (cells, live, liveCount, trainedCount) = (nil, [], 0, 0)
        pending = ExactIndex(dimensions: dimensions)
    }

    /// Makes an index in which row `i` of `vectors`, `N × D`, stands under key `i`, and chooses its effort by
    /// measurement.
    ///
    /// - Parameters:
    ///   - queries: what will be asked for, `Q × D`; nil measures with vectors of the index. Query with user vectors where
    ///     those are what will come: they lie elsewhere than items.
    ///   - threads: the most threads to use; ``Threads/count`` if nil. The index is the same for any number.
    /// - Throws: `invalidData` if a number is not finite or the shapes don't fit.
    /// - Complexity: O(N · C · D)
    public init(
        _ vectors: Matrix, options: PartitionOptions = PartitionOptions(), queries: Matrix? = nil, threads: Int? = nil
    ) throws {
        let keys = Array(0..<Int32(vectors.rows))
        try ExactIndex.check(keys, vectors, dimensions: vectors.columns)
        guard vectors.columns <= martlet_cells_most_dimensions() else {
            throw MartletError(
                .invalidData,
                "vectors have \(vectors.columns) dimensions, at most \(martlet_cells_most_dimensions()) can be indexed")
        }
        self.init(dimensions: vectors.columns, options: options)
        guard vectors.rows >= PartitionOptions.fewest, dimensions > 0 else {
            pending = try ExactIndex(vectors)
            return
        }
        train(vectors, keys: keys, threads: threads)
        try tune(queries: queries, threads: threads)
    }

    /// How many vectors there are.
    public var count: Int { liveCount + pending.count }

    /// How many cells there are; 0 as long as all vectors are searched.
    public var cellCount: Int { cells?.centroids.rows ?? 0 }

    /// The bytes that the index holds in memory, or reads through a memory map.
    public var memoryBytes: Int {
        (cells?.byteCount ?? 0) + live.count * 2 + pending.count * (dimensions * 9 + 16)
    }

    /// The keys, ascending.
    ///
    /// - Complexity: O(N)
    public var keys: [Int32] {
        guard let cells else { return pending.keys }
        let (ordered, slots) = (cells.ordered.numbers(Int32.self), cells.slots.numbers(Int32.self))
        var result: [Int32] = []
        result.reserveCapacity(count)
        var rest = pending.keys[...]
        for place in ordered.indices where isLive(Int(slots[place])) {
            while let key = rest.first, key < ordered[place] { result.append(rest.removeFirst()) }
            result.append(ordered[place])
        }
        return result + rest
    }

    /// The vector under `key` to 16 bits of its largest number, or nil if there is none.
    ///
    /// - Complexity: O(log N + D)
    public func vector(of key: Int32) -> [Float]? {
        if let vector = pending.vector(of: key) { return vector }
        guard let cells, let slot = cells.slot(of: key), isLive(slot) else { return nil }
        var vector = [Float](repeating: 0, count: dimensions)
        cells.vector(at: slot, into: &vector)
        return vector
    }

    func isLive(_ slot: Int) -> Bool { live[slot / Cells.lanes] >> UInt16(slot % Cells.lanes) & 1 == 1 }

    /// Finds cells for the vectors; nothing is pending then.
    ///
    /// - Parameter keys: ascending.
    mutating func train(_ vectors: Matrix, keys: [Int32], threads: Int? = nil) {
        let cells = Cells(vectors, keys: keys, options: options, threads: threads)
        (self.cells, live, liveCount, trainedCount) = (cells, cells.occupied, keys.count, keys.count)
        pending = ExactIndex(dimensions: dimensions)
    }
}
