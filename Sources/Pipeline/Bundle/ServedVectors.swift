import Index
import Stores
import Synchronization
import VectorStores

/// The vectors of a bundle on the server that keeps them: connected when they are first asked for, and anew until that
/// succeeds.
final class ServedVectors: Sendable {
    private let server: VectorServer
    private let name: String
    private let dimensions: Int
    private let opening = Mutex<Task<any VectorStore, any Error>?>(nil)

    /// Nil if the declaration names no server, or the bundle was published before it did.
    init?(_ configuration: PipelineConfiguration, _ bundle: ServedBundle) {
        guard let server = configuration.index.server, let name = bundle.manifest.vectors, let index = bundle.index
        else { return nil }
        self.server = server
        self.name = name
        dimensions = index.dimensions
    }

    deinit {
        guard let task = opening.withLock({ $0 }) else { return }
        Task { (try? await task.value)?.close() }
    }

    /// The connection; callers at the same time share one attempt.
    ///
    /// - Throws: see ``VectorStores/VectorServer/open(_:dimensions:)``.
    func store() async throws -> any VectorStore {
        let task = opening.withLock { opening in
            if let opening { return opening }
            let (server, name, dimensions) = (server, name, dimensions)
            let task = Task { try await server.open(name, dimensions: dimensions) }
            opening = task
            return task
        }
        do {
            return try await task.value
        } catch {
            opening.withLock { if $0 == task { $0 = nil } }
            throw error
        }
    }
}

extension PipelineConfiguration {
    /// The same for work that no page waits for: with time enough, and without what is read from a feature store.
    package var unhurried: PipelineConfiguration {
        var patient = self
        let fresh = freshColumns
        patient.deadline = 60
        patient.freshColumns = []
        patient.filters.removeAll { filter in
            filter.condition.map { fresh.contains($0.column) } ?? false
        }
        return patient
    }

    /// Puts a bundle's vectors on the server that keeps them, if one does.
    ///
    /// - Throws: see ``VectorStores/VectorServer/fill(_:from:)``.
    package func fillVectors(from bundle: ServedBundle) async throws {
        guard let server = index.server, let name = bundle.manifest.vectors, let vectors = bundle.index else { return }
        try await server.fill(name, from: vectors)
    }

    /// Removes vectors that no bundle needs any more; a server that is away keeps them.
    package func removeVectors(_ names: [String]) async {
        for name in names { try? await index.server?.remove(name) }
    }

    /// Whether the server has all vectors of the bundle in `folder`, if one is to keep them.
    package func hasVectors(of folder: String) async -> Bool {
        guard let server = index.server, let manifest = try? BundleManifest(reading: folder), manifest.tower != nil
        else { return true }
        guard let name = manifest.vectors, let summary = manifest.index else { return false }
        return (try? await server.count(name, dimensions: summary.dimensions)) == summary.vectors
    }
}

extension BundleStore {
    /// The names of the vectors that bundles have on a server.
    package func vectorNames(of versions: [Int]) -> [String] {
        versions.compactMap { (try? BundleManifest(reading: path(version: $0)))?.vectors }
    }
}
