import Index
import Synchronization
import Tensor

/// An index in the memory of this process, asked as a server is: for programs that leave the choice to their settings.
public final class LocalVectors<Local: VectorIndex>: VectorStore {
    private let index: Mutex<Local>
    /// The length of each vector.
    public let dimensions: Int

    /// Takes an index over.
    public init(_ index: Local) {
        dimensions = index.dimensions
        self.index = Mutex(index)
    }

    /// The index as it is now.
    public var snapshot: Local { index.withLock { $0 } }

    /// See ``VectorStore/count()``.
    public func count() async throws -> Int { snapshot.count }

    /// See ``VectorStore/keys()``.
    public func keys() async throws -> [Int32] { snapshot.keys }

    /// See ``VectorStore/vector(of:)``.
    public func vector(of key: Int32) async throws -> [Float]? { snapshot.vector(of: key) }

    /// See ``VectorStore/search(_:k:filter:)``.
    public func search(_ queries: Matrix, k: Int, filter: SearchFilter) async throws -> RankedLists {
        try snapshot.search(queries, k: k, filter: filter)
    }

    /// Nothing: there is no connection.
    public func close() {}

    /// See ``VectorStore/upsert(_:vectors:)``.
    public func upsert(_ keys: [Int32], vectors: Matrix) async throws {
        try index.withLock { try $0.upsert(keys, vectors: vectors) }
    }

    /// See ``VectorStore/delete(_:)``.
    @discardableResult public func delete(_ keys: [Int32]) async throws -> Int { index.withLock { $0.delete(keys) } }
}
