import Core
import Project
import Stores
import Warehouse

/// What the subcommands on a project's feature store share.
struct FeatureStoreAccess {
    let project: ProjectConfiguration
    let configuration: FeatureStoreConfiguration

    /// Reads and checks the project file.
    ///
    /// - Throws: all faults at once; `invalidConfiguration` if the project has no feature store.
    init(_ options: ProjectOptions) throws {
        project = try ProjectRunner.configuration(ProjectRunner.trimmed(options.project)).project
        guard let found = project.featureStore else {
            throw MartletError(
                .invalidConfiguration, "the project has no feature store",
                hint: "add a section 'feature-store:' with entities and views to martlet.yml")
        }
        configuration = found
    }

    /// Runs `body` with the store open, and closes it.
    func withStore<Result>(readOnly: Bool, _ body: (FeatureStore) async throws -> Result) async throws -> Result {
        let online = try await configuration.online.open(readOnly: readOnly)
        do {
            let result = try await body(FeatureStore(configuration.definitions, online: online))
            await online.close()
            return result
        } catch {
            await online.close()
            throw error
        }
    }

    /// A session with the warehouse.
    func connect() throws -> Connection { try Warehouse(project.warehouse).connect() }

    /// A moment that a person wrote.
    ///
    /// - Throws: `invalidConfiguration`.
    static func moment(_ text: String, option: String) throws -> FeatureTimestamp {
        if let moment = FeatureTimestamp(parsing: text) { return moment }
        throw MartletError(
            .invalidConfiguration, "\(option) must be a moment, found '\(text)'",
            hint: "write 2026-11-24 or 2026-11-24T09:30:00Z")
    }
}
