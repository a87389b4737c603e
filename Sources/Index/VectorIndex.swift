import Tensor

/// Vectors under keys, of which the ones with the largest inner products with a query can be found.
///
/// An index is a value: a copy is a snapshot that later changes don't touch, so a server can search one while the
/// next is being made.
public protocol VectorIndex: Sendable {
    /// How many vectors there are.
    var count: Int { get }
    /// The length of each vector.
    var dimensions: Int { get }
    /// The keys, ascending.
    var keys: [Int32] { get }

    /// The vector under `key`, or nil if there is none.
    func vector(of key: Int32) -> [Float]?

    /// The `k` keys with the largest inner products with each query, best first; equal scores by the lower key.
    ///
    /// - Parameters:
    ///   - queries: `Q × D`.
    ///   - k: the length of the lists, at least 1; shorter lists are padded with −1.
    ///   - filter: which keys may be found.
    /// - Throws: `invalidData` if the queries or the filter have the wrong shape.
    func search(_ queries: Matrix, k: Int, filter: SearchFilter) throws -> RankedLists

    /// Stores vectors under keys; what was under one of them is replaced. Of a key that comes twice the last counts.
    ///
    /// - Throws: `invalidData` if there are not as many keys as vectors, they have the wrong length, a key is negative
    ///   or a number is not finite; the index is then as it was.
    mutating func upsert(_ keys: [Int32], vectors: Matrix) throws

    /// Takes out the vectors under the keys; keys that are not there are passed over.
    ///
    /// - Returns: how many were taken out.
    @discardableResult mutating func delete(_ keys: [Int32]) -> Int

    /// Writes the index to a file, which holds either all of it or what it held before.
    ///
    /// - Throws: `outOfSpace` or `system` if it can't be written.
    func save(to path: String) throws

    /// Opens a file that ``save(to:)`` wrote.
    ///
    /// - Throws: `notFound` if there is none, `corrupted` if it is no index.
    init(loading path: String) throws
}

extension VectorIndex {
    /// Searches without a filter; see ``search(_:k:filter:)``.
    public func search(_ queries: Matrix, k: Int) throws -> RankedLists {
        try search(queries, k: k, filter: SearchFilter())
    }
}
