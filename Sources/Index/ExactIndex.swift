import Core
import Tensor

/// An index that compares every query with every vector: exact, and fast enough up to some hundred thousand vectors.
///
/// Vectors are held in the order of their keys and packed for the top-k kernel; on processors with AVX512-VNNI once more
/// in 8 bits, for single queries. A change makes a new copy of all of them, so change many at a time.
public struct ExactIndex: VectorIndex {
    /// The length of each vector.
    public let dimensions: Int
    /// The keys, ascending.
    public private(set) var keys: [Int32]
    /// `N × D`, in the order of the keys. Never written to once the index holds it.
    let vectors: Matrix
    private let packed: PackedItems
    private let quantized: QuantizedVectors?

    /// How many vectors there are.
    public var count: Int { keys.count }

    /// Makes an empty index of vectors of length `dimensions`.
    public init(dimensions: Int) {
        self.init(sorted: [], vectors: Matrix(rows: 0, columns: dimensions))
    }

    /// Makes an index in which row `i` of `vectors`, `N × D`, stands under key `i`.
    ///
    /// - Throws: `invalidData` if a number is not finite.
    /// - Complexity: O(N · D)
    public init(_ vectors: Matrix) throws {
        let keys = Array(0..<Int32(vectors.rows))
        try ExactIndex.check(keys, vectors, dimensions: vectors.columns)
        self.init(sorted: keys, vectors: vectors.copy())
    }

    init(sorted keys: [Int32], vectors: Matrix) {
        self.keys = keys
        self.vectors = vectors
        dimensions = vectors.columns
        packed = PackedItems(vectors, keys: keys)
        quantized = QuantizedVectors(vectors)
    }

    /// The vector under `key`, or nil if there is none.
    ///
    /// - Complexity: O(log N + D)
    public func vector(of key: Int32) -> [Float]? {
        let row = place(of: key)
        return row < count && keys[row] == key ? Array(vectors.row(row)) : nil
    }

    /// The `k` keys with the largest inner products with each query, exactly; equal scores by the lower key.
    ///
    /// - Throws: `invalidData` if the queries or the filter have the wrong shape.
    /// - Complexity: O(Q · N · D)
    public func search(_ queries: Matrix, k: Int, filter: SearchFilter) throws -> RankedLists {
        try filter.check(queries, k: k, dimensions: dimensions)
        var allowed = filter.allowed
        if let count = allowed?.count, count < packed.itemCount {
            allowed! += [Bool](repeating: false, count: packed.itemCount - count)
        }
        if queries.rows <= QuantizedVectors.mostQueries,
            let lists = searchOneByOne(queries, k: k, allowed: allowed, exclude: filter.exclude)
        {
            return lists
        }
        guard let allowed else { return topK(queries: queries, items: packed, k: k, exclude: filter.exclude) }
        // Packing what is allowed pays off when many queries share it.
        return queries.rows < 64
            ? topK(queries: queries, items: packed, k: k, exclude: filter.exclude, allowed: allowed)
            : topK(
                queries: queries, items: PackedItems(vectors, keys: keys, allowed: allowed), k: k,
                exclude: filter.exclude)
    }

    /// Refuses a search of the wrong shape.
    ///
    /// - Throws: `invalidData`.
    func check(_ queries: Matrix, k: Int, _ filter: SearchFilter) throws {
        guard queries.columns == dimensions else {
            throw MartletError(
                .invalidData, "queries have \(queries.columns) dimensions, the index's vectors \(dimensions)",
                hint: "query with the model that made the index")
        }
        guard k >= 1 else { throw MartletError(.invalidData, "a list has at least one place, not \(k)") }
        if let exclude = filter.exclude, exclude.rows != queries.rows {
            throw MartletError(.invalidData, "\(exclude.rows) rows of excluded keys for \(queries.rows) queries")
        }
    }

    /// The lists of few queries by the scan in 8 bits; nil if there is none, or one of the queries is not for it.
    private func searchOneByOne(_ queries: Matrix, k: Int, allowed: [Bool]?, exclude: SparseRows?) -> RankedLists? {
        guard let quantized else { return nil }
        var lists = RankedLists(count: 0, k: k)
        for query in 0..<queries.rows {
            let excluded = exclude?[query].sorted() ?? []
            guard
                let list = quantized.search(
                    queries.pointer + query * dimensions, k: k, keys: keys, allowed: allowed, excluded: excluded)
            else { return nil }
            lists.append(list)
        }
        return lists
    }

    /// Stores vectors under keys; what was under one of them is replaced. Of a key that comes twice the last counts.
    ///
    /// - Throws: `invalidData` if there are not as many keys as vectors, they have the wrong length, a key is negative
    ///   or a number is not finite; the index is then as it was.
    /// - Complexity: O((N + new) · D + new · log new)
    public mutating func upsert(_ keys: [Int32], vectors: Matrix) throws {
        try ExactIndex.check(keys, vectors, dimensions: dimensions)
        guard !keys.isEmpty else { return }
        var rowOf: [Int32: Int] = [:]
        for (row, key) in keys.enumerated() { rowOf[key] = row }
        let merged = (self.keys + rowOf.keys.filter { vector(isUnder: $0) == false }).sorted()
        let all = Matrix(rows: merged.count, columns: dimensions)
        for (row, key) in merged.enumerated() {
            let from = rowOf[key].map { vectors.row($0) } ?? self.vectors.row(place(of: key))
            _ = all.row(row).update(fromContentsOf: from)
        }
        self = ExactIndex(sorted: merged, vectors: all)
    }

    /// Takes out the vectors under the keys; keys that are not there are passed over.
    ///
    /// - Returns: how many were taken out.
    /// - Complexity: O(N · D + gone)
    @discardableResult public mutating func delete(_ keys: [Int32]) -> Int {
        let gone = Set(keys)
        let kept = self.keys.indices.filter { !gone.contains(self.keys[$0]) }
        let removed = count - kept.count
        guard removed > 0 else { return 0 }
        let rest = Matrix(rows: kept.count, columns: dimensions)
        for (row, old) in kept.enumerated() { _ = rest.row(row).update(fromContentsOf: vectors.row(old)) }
        self = ExactIndex(sorted: kept.map { self.keys[$0] }, vectors: rest)
        return removed
    }

    /// The row of `key`, or the row before which it would stand (binary search).
    private func place(of key: Int32) -> Int {
        var (low, high) = (0, keys.count)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func vector(isUnder key: Int32) -> Bool {
        let row = place(of: key)
        return row < count && keys[row] == key
    }

    package static func check(_ keys: [Int32], _ vectors: Matrix, dimensions: Int) throws {
        guard keys.count == vectors.rows else {
            throw MartletError(.invalidData, "\(keys.count) keys for \(vectors.rows) vectors")
        }
        guard vectors.columns == dimensions else {
            throw MartletError(
                .invalidData, "vectors have \(vectors.columns) dimensions, the index's \(dimensions)",
                hint: "make a new index for a new model")
        }
        for (row, key) in keys.enumerated() {
            guard key >= 0 else { throw MartletError(.invalidData, "key \(key) is negative") }
            guard vectors.row(row).allSatisfy(\.isFinite) else {
                throw MartletError(
                    .invalidData, "the vector of key \(key) holds a number that is not finite",
                    hint: "the training may have diverged: try a lower learning rate")
            }
        }
    }
}
