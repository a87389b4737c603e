import Core
import Tensor

/// The index that fits the number of vectors: exact for few, partitioned for many.
///
/// A scan of all vectors takes time in proportion to their number, and finds everything; ``PartitionedIndex`` reads a few
/// cells. From where on the second is worth what it misses is a matter of latency: an exact search of 100,000 × 64 takes
/// a fraction of a millisecond.
public enum IndexChoice: VectorIndex, CustomStringConvertible {
    /// Compares every query with every vector.
    case exact(ExactIndex)
    /// Compares a query with the cells that promise most.
    case partitioned(PartitionedIndex)

    /// More vectors than these are partitioned, unless it is said otherwise.
    public static let mostExact = 100_000

    /// Makes the index of vectors whose row stands under its number.
    ///
    /// - Parameters:
    ///   - vectors: `N × D`.
    ///   - mostExact: up to how many vectors are searched exactly.
    ///   - options: how a partitioned index is made.
    ///   - queries: what will be asked for, to measure recall with; see
    ///     ``PartitionedIndex/init(_:options:queries:threads:)``.
    /// - Throws: `invalidData` if a number is not finite.
    public init(
        _ vectors: Matrix, mostExact: Int = IndexChoice.mostExact, options: PartitionOptions = PartitionOptions(),
        queries: Matrix? = nil
    ) throws {
        self =
            vectors.rows <= mostExact
            ? .exact(try ExactIndex(vectors))
            : .partitioned(try PartitionedIndex(vectors, options: options, queries: queries))
    }

    private var chosen: any VectorIndex {
        switch self {
        case .exact(let index): index
        case .partitioned(let index): index
        }
    }

    /// What was chosen, and how much of it a query reads.
    public var description: String {
        switch self {
        case .exact(let index): "exact index of \(index.count) vectors of \(index.dimensions) dimensions"
        case .partitioned(let index):
            "partitioned index of \(index.count) vectors of \(index.dimensions) dimensions in \(index.cellCount) cells, "
                + "reach \(index.effort.reach), refine \(index.effort.refine), "
                + "chosen for a recall of \(index.options.targetRecall) at \(index.options.k)"
        }
    }

    /// How many vectors there are.
    public var count: Int { chosen.count }
    /// The length of each vector.
    public var dimensions: Int { chosen.dimensions }
    /// The keys, ascending.
    public var keys: [Int32] { chosen.keys }

    /// The vector under `key`, or nil if there is none.
    public func vector(of key: Int32) -> [Float]? { chosen.vector(of: key) }

    /// The `k` keys with the largest inner products with each query; see ``VectorIndex/search(_:k:filter:)``.
    public func search(_ queries: Matrix, k: Int, filter: SearchFilter) throws -> RankedLists {
        try chosen.search(queries, k: k, filter: filter)
    }

    /// Stores vectors under keys; see ``VectorIndex/upsert(_:vectors:)``. The kind of index stays.
    public mutating func upsert(_ keys: [Int32], vectors: Matrix) throws {
        switch self {
        case .exact(var index):
            try index.upsert(keys, vectors: vectors)
            self = .exact(index)
        case .partitioned(var index):
            try index.upsert(keys, vectors: vectors)
            self = .partitioned(index)
        }
    }

    /// Takes out the vectors under the keys; keys that are not there are passed over.
    @discardableResult public mutating func delete(_ keys: [Int32]) -> Int {
        switch self {
        case .exact(var index):
            defer { self = .exact(index) }
            return index.delete(keys)
        case .partitioned(var index):
            defer { self = .partitioned(index) }
            return index.delete(keys)
        }
    }

    /// Writes the index to a file; which kind it is stands in its header.
    public func save(to path: String) throws { try chosen.save(to: path) }

    /// Opens a file that an index of either kind wrote.
    ///
    /// - Throws: `notFound` if there is none, `corrupted` if it is no index.
    public init(loading path: String) throws {
        self =
            try TensorFile(path).metadata["format"] == PartitionedIndex.format
            ? .partitioned(try PartitionedIndex(loading: path)) : .exact(try ExactIndex(loading: path))
    }
}
