import Core
import Project
import Stores

/// The version of lists that is live.
struct LivePublication {
    let version: PublishedVersion

    /// Looks it up.
    ///
    /// - Throws: `notFound` if nothing is published.
    init(_ project: ProjectConfiguration) async throws {
        let versions = try await withStore(of: project, readOnly: true) { store in
            try await ListPublisher(store: store, shop: project.name).versions()
        }
        guard let live = versions.first(where: \.isLive) else {
            throw MartletError(.notFound, "nothing is published yet", hint: "publish first: martlet publish")
        }
        version = live
    }
}

/// Opens a project's store of lists for as long as `body` runs.
func withStore<Result: Sendable>(
    of project: ProjectConfiguration, readOnly: Bool, _ body: (any KeyValueStore) async throws -> Result
) async throws -> Result {
    let store = try await project.publishing.store.open(readOnly: readOnly)
    do {
        let result = try await body(store)
        await store.close()
        return result
    } catch {
        await store.close()
        throw error
    }
}
