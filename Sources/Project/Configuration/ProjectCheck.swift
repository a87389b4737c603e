import Core
import FoundationEssentials
import Warehouse

/// Looks for what would stop a run, without running anything: files that are not there, SQL that cannot be read.
public struct ProjectCheck: Sendable {
    /// What was looked at.
    public struct Result: Sendable {
        /// How many sources.
        public var sources: Int
        /// How many SQL models.
        public var models: Int
    }

    private let project: ProjectConfiguration

    /// Checks a project whose file was read without a fault.
    public init(_ project: ProjectConfiguration) { self.project = project }

    /// Checks sources and SQL.
    ///
    /// - Throws: all faults at once.
    public func run() throws -> Result {
        let diagnostics = Diagnostics()
        for source in project.sources where !source.format.isLog {
            do {
                _ = try Loader.files(source.files, at: source.location)
            } catch let error as MartletError {
                diagnostics.report(error)
            }
        }
        var models = 0
        do {
            models = try SQLProject(folder: project.sqlFolder, variables: ShopFlow(project).sqlVariables).models.count
        } catch let error as MartletError {
            diagnostics.report(error)
        } catch let error as InvalidFile {
            error.errors.forEach(diagnostics.report)
        }
        try diagnostics.throwIfAny()
        return Result(sources: project.sources.count, models: models)
    }
}
