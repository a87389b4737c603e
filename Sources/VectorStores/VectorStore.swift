import Index
import Tensor

/// Vectors under keys that a server keeps, of which the ones with the largest inner products with a query can be found.
///
/// It is to a server what ``Index/VectorIndex`` is to memory, and finds the same. A change is seen by everyone who asks
/// the server, so there are no snapshots; one process at a time may change the vectors.
public protocol VectorStore: Sendable {
    /// The length of each vector.
    var dimensions: Int { get }

    /// How many vectors there are.
    func count() async throws -> Int

    /// The keys, ascending.
    func keys() async throws -> [Int32]

    /// The vector under `key`, or nil if there is none.
    func vector(of key: Int32) async throws -> [Float]?

    /// The `k` keys with the largest inner products with each query, best first; equal scores by the lower key.
    ///
    /// - Parameters:
    ///   - queries: `Q × D`.
    ///   - k: the length of the lists, at least 1; shorter lists are padded with −1.
    ///   - filter: which keys may be found.
    /// - Throws: `invalidData` if the queries or the filter have the wrong shape, `unavailable`.
    func search(_ queries: Matrix, k: Int, filter: SearchFilter) async throws -> RankedLists

    /// Stores vectors under keys; what was under one of them is replaced. Of a key that comes twice the last counts.
    ///
    /// - Throws: `invalidData` if there are not as many keys as vectors, they have the wrong length, a key is negative
    ///   or a number is not finite; nothing is stored then. `unavailable`: some may be stored; the call can be repeated.
    func upsert(_ keys: [Int32], vectors: Matrix) async throws

    /// Takes out the vectors under the keys; keys that are not there are passed over.
    ///
    /// - Returns: how many were taken out.
    @discardableResult func delete(_ keys: [Int32]) async throws -> Int

    /// Closes the connections; nothing is asked afterwards.
    func close()
}
