import Core
import Project
import Stores

/// The published version that a server would answer from.
struct LiveVersion {
    let project: ProjectConfiguration

    init(_ project: ProjectConfiguration) { self.project = project }

    /// Its number.
    ///
    /// - Throws: `notFound` if nothing is published, and what the store throws.
    func number() async throws -> Int {
        let store = try await project.publishing.store.open(readOnly: true)
        let versions: [PublishedVersion]
        do {
            versions = try await ListPublisher(store: store, shop: project.name).versions()
        } catch {
            await store.close()
            throw error
        }
        await store.close()
        guard let live = versions.first(where: \.isLive) else {
            throw MartletError(.notFound, "nothing is published yet", hint: "publish first: martlet publish")
        }
        return live.version
    }
}
