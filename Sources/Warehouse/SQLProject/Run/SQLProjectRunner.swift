public import Core
import Foundation
import Synchronization

/// Builds and tests a SQL project in a warehouse.
///
/// Models that do not read each other are built at the same time, each thread with a connection of its own. A model's
/// tests run right after it, and a failing test keeps the models that read it from being built. A table is built aside
/// and put in place in one transaction: whatever happens, readers see the old table or the new one.
public struct SQLProjectRunner: Sendable {
    /// The project, resolved for the warehouse and the variables.
    public let project: SQLProject
    /// How many models are built at once.
    public let threads: Int
    let connect: @Sendable () throws -> any SQLConnection
    let progress: any Core.ProgressReporting
    /// Whether DuckDB compresses the texts of the tables that are built.
    private var compressesText = true

    /// Makes a runner.
    ///
    /// - Parameters:
    ///   - project: the project to build.
    ///   - variables: values that override the project's, such as `validation_start`.
    ///   - threads: how many models are built at once, at least 1.
    ///   - schema: the schema for models without one of their own; nil for the database's default.
    ///   - database: the database's name, for templates that ask for it.
    ///   - progress: where progress and messages go.
    ///   - connect: opens one more connection to the warehouse.
    /// - Throws: if the warehouse cannot be reached, or a template has a fault that only shows with these variables.
    public init(
        project: SQLProject, variables: [String: JSONValue] = [:], threads: Int = 2, schema: String? = nil,
        database: String? = nil, progress: any Core.ProgressReporting = SilentProgress(),
        connect: @escaping @Sendable () throws -> any SQLConnection
    ) throws {
        let dialect = try connect().dialect
        self.threads = max(1, threads)
        self.connect = connect
        self.progress = progress
        self.project = try project.resolved(
            variables: variables,
            target: SQLTarget(
                name: project.target.name, dialect: dialect, schema: schema, database: database, threads: self.threads))
    }

    /// Makes a runner for a database that is open.
    ///
    /// - Parameters:
    ///   - project: the project to build.
    ///   - warehouse: the database; each thread connects to it by itself.
    ///   - variables: values that override the project's, such as `validation_start`.
    ///   - threads: how many models are built at once, at least 1.
    ///   - schema: the schema for models without one of their own; nil for the database's default.
    ///   - progress: where progress and messages go.
    /// - Throws: as ``init(project:variables:threads:schema:database:progress:connect:)``.
    public init(
        project: SQLProject, warehouse: Warehouse, variables: [String: JSONValue] = [:], threads: Int = 2,
        schema: String? = nil, progress: any Core.ProgressReporting = SilentProgress()
    ) throws {
        try self.init(
            project: project, variables: variables, threads: threads, schema: schema, progress: progress,
            connect: { try warehouse.connect() })
        compressesText = warehouse.dialect != .duckdb || warehouse.configuration.compressesText
    }

    /// Builds models and runs their tests.
    ///
    /// - Parameters:
    ///   - select: which models and tests, in dbt's notation (`+model`, `tag:x`, `path:dir`…); empty for all.
    ///   - exclude: which of them not.
    ///   - isFullRefresh: whether incremental models are rebuilt from the start.
    /// - Returns: what became of each of them; failures are in the report, see ``TransformReport/succeeded``.
    /// - Throws: `notFound` if a selection matches nothing; when the warehouse cannot be reached.
    public func build(select: [String] = [], exclude: [String] = [], isFullRefresh: Bool = false) throws
        -> TransformReport
    {
        let selection = try project.select(select, exclude: exclude)
        return try run(selection, builds: true, isFullRefresh: isFullRefresh)
    }

    /// Builds models and runs no tests.
    ///
    /// - Throws: as ``build(select:exclude:isFullRefresh:)``.
    public func run(select: [String] = [], exclude: [String] = [], isFullRefresh: Bool = false) throws
        -> TransformReport
    {
        var selection = try project.select(select, exclude: exclude)
        selection.tests = []
        return try run(selection, builds: true, isFullRefresh: isFullRefresh)
    }

    /// Runs tests on the tables as they are.
    ///
    /// - Throws: as ``build(select:exclude:isFullRefresh:)``.
    public func test(select: [String] = [], exclude: [String] = []) throws -> TransformReport {
        try run(project.select(select, exclude: exclude), builds: false, isFullRefresh: false)
    }

    private func run(_ selection: SQLSelection, builds: Bool, isFullRefresh: Bool) throws -> TransformReport {
        let start = ContinuousClock.now
        let connection = try connect()
        if builds { try prepare(selection, connection) }
        // Compressing the texts of a large table takes longer than making it, and the next run makes it anew. Older
        // versions of DuckDB do not know the word, and compress as they do.
        let setting = "disabled_compression_methods"
        if builds, !compressesText { _ = try? connection.execute("set global \(setting) = 'dict_fsst'") }
        defer { if builds, !compressesText { _ = try? connection.execute("reset global \(setting)") } }
        let schedule = Schedule(project: project, selection: selection, builds: builds)
        let workers = max(1, min(threads, schedule.count))
        let group = DispatchGroup()
        for worker in 0..<workers {
            group.enter()
            // The thread lets go of the runner before it ends: were it the last to hold the database, the database would
            // be closed while the thread's own storage is taken down, which DuckDB does not survive.
            let errand = Mutex<SQLProjectRunner?>(self)
            let thread = Thread {
                errand.withLock { runner in
                    runner?.work(schedule, isFullRefresh: isFullRefresh)
                    runner = nil
                }
                group.leave()
            }
            thread.name = "sql-\(worker)"
            // Templates nest; the default stack of a thread is small on some systems.
            thread.stackSize = 16 << 20
            thread.start()
        }
        group.wait()
        var report = try schedule.finish()
        if builds, report.succeeded { try runHooks(project.files.settings.onRunEnd, connection) }
        report.seconds = start.duration(to: .now).seconds
        return report
    }

    /// Schemas and `on-run-start`, before anything is built.
    private func prepare(_ selection: SQLSelection, _ connection: any SQLConnection) throws {
        let models = selection.models.compactMap { project.modelsByName[$0] }
        let schemas = Set(
            models.filter { $0.configuration.materialized != .ephemeral }.map { project.relation(of: $0).schema })
        for schema in schemas.sorted() { try connection.createSchema(schema) }
        try runHooks(project.files.settings.onRunStart, connection)
    }

    private func runHooks(_ hooks: [String], _ connection: any SQLConnection) throws {
        let location = SourceLocation(file: project.files.settings.file, line: 1, column: 1)
        let session = ProjectContext.Session(connection: connection, note: progress.note)
        for hook in hooks {
            let sql = try ProjectContext(project, session: session).render(text: hook, at: location).trimmingBlanks()
            if !sql.isEmpty { try connection.execute(sql) }
        }
    }

    /// What one thread does: takes what is ready until nothing is left.
    private func work(_ schedule: Schedule, isFullRefresh: Bool) {
        var connection: (any SQLConnection)?
        while let task = schedule.take() {
            do {
                if connection == nil { connection = try connect() }
            } catch {
                schedule.stop(error)
                return
            }
            switch task {
            case .model(let model):
                progress.begin(model.name)
                let builder = ModelBuilder(
                    project: project, connection: connection!, isFullRefresh: isFullRefresh, note: progress.note)
                let result = builder.build(model)
                progress.end(model.name, summary: result.summary)
                schedule.ended(result)
            case .test(let test):
                let result = TestRunner(project: project, connection: connection!, note: progress.note).run(test)
                schedule.ended(result)
            }
        }
    }
}

extension Duration {
    /// The length in seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
