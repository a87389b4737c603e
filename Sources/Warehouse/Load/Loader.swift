import Core
import FoundationEssentials
import Synchronization

/// Brings files into the warehouse's `raw` tables, each delivery whole or not at all.
///
/// DuckDB reads the files, whatever the warehouse: CSV (quotes, newlines in fields, byte order marks, either line
/// ending), compressed CSV, Parquet. A delivery becomes the table `raw.<source>__v<version>`; the view `raw.<source>`
/// shows the newest version (all versions, for a source that appends), with the columns `_file`, `_version` and
/// `_loaded_at`. `raw._deliveries` knows the files by their SHA-256, so that loading them again changes nothing;
/// `raw._rejects` has the lines that did not parse.
///
/// A process that dies midway leaves the warehouse as it was: everything happens in one transaction, or, where the
/// database does not roll definitions back (Snowflake), behind the view that is replaced last.
public struct Loader {
    let connection: Connection
    private let log: DeliveryLog
    private let openLog: ((_ source: SourceConfiguration, _ places: [String: Int]) throws -> any GrowingRows)?

    /// Makes a loader that writes through `connection`.
    ///
    /// - Parameter openLog: opens the rows of a server's log behind the places that were read before; nil: sources of
    ///   the formats `events` and `impressions` are refused.
    public init(
        _ connection: Connection,
        openLog: ((_ source: SourceConfiguration, _ places: [String: Int]) throws -> any GrowingRows)? = nil
    ) {
        self.connection = connection
        self.openLog = openLog
        log = DeliveryLog(connection: connection)
    }

    /// Loads the sources one after the other.
    ///
    /// - Throws: `notFound` for files that do not exist, `invalidData` for files that cannot be read and for more
    ///   rejects than the source allows, `outOfSpace`, `unavailable`. Sources loaded before the fault stay loaded; the
    ///   one at fault keeps its last version.
    public func load(
        _ sources: [SourceConfiguration], progress: any ProgressReporting = SilentProgress()
    ) throws -> LoadReport {
        try log.prepare()
        var report = LoadReport()
        for source in sources {
            let task = "load \(source.name)"
            progress.begin(task)
            let result = source.format.isLog ? try loadLog(source) : try load(source)
            report.sources.append(result)
            let rejects = result.rejects > 0 ? ", \(result.rejects) rejected (see raw._rejects)" : ""
            progress.end(
                task,
                summary: result.skipped
                    ? "unchanged: version \(result.version), \(result.rows) rows"
                    : "version \(result.version), \(result.rows) rows\(rejects)")
        }
        return report
    }

    private func loadLog(_ source: SourceConfiguration) throws -> LoadReport.Source {
        guard let openLog else {
            throw MartletError(
                .invalidConfiguration, "this loader was made without a reader of logs", at: source.location)
        }
        return try load(log: source, opening: openLog)
    }

    private func load(_ source: SourceConfiguration) throws -> LoadReport.Source {
        let clock = ContinuousClock()
        let start = clock.now
        func seconds() -> Double { Double((clock.now - start) / .milliseconds(1)) / 1000 }
        let paths = try SourceFile.paths(matching: source.files, location: source.location)
        let sizes = try paths.map { try SourceFile.size(of: $0) }
        if let empty = zip(paths, sizes).first(where: { $0.1 == 0 })?.0 {
            throw MartletError(
                .invalidData, "\(empty) is empty", hint: "the first line names the columns", at: source.location)
        }
        let versions = try log.versions(of: source.name)
        guard versions.contains(where: { !$0.sizes.isDisjoint(with: sizes) }) else {
            // No file of these sizes was ever loaded: they are new whatever they hold.
            let (version, rows, rejects) = try deliver(paths, of: source, versions: versions)
            return LoadReport.Source(
                name: source.name, version: version, rows: rows, rejects: rejects, files: paths, skipped: false,
                seconds: seconds())
        }
        var files = try paths.map { try SourceFile(path: $0) }
        let hasView = try connection.hasTable(["raw", source.name])
        if source.append {
            let known = versions.reduce(into: Set<String>()) { $0.formUnion($1.hashes) }
            if hasView { files.removeAll { known.contains($0.hash) } }
        } else if hasView, let newest = versions.last, newest.hashes == Set(files.map(\.hash)),
            newest.settings == source.settings
        {
            files = []
        }
        if files.isEmpty, let newest = versions.last {
            let shown = source.append ? versions : [newest]
            return LoadReport.Source(
                name: source.name, version: newest.number, rows: shown.reduce(0) { $0 + $1.rows },
                rejects: shown.reduce(0) { $0 + $1.rejects }, files: shown.flatMap(\.files), skipped: true,
                seconds: seconds())
        }
        let (version, rows, rejects) = try deliver(files.map(\.path), known: files, of: source, versions: versions)
        return LoadReport.Source(
            name: source.name, version: version, rows: rows, rejects: rejects, files: files.map(\.path),
            skipped: false, seconds: seconds())
    }

    /// Reads files into a new version.
    ///
    /// - Parameter known: the files with their digests; nil takes these while the database reads.
    private func deliver(
        _ paths: [String], known: [SourceFile]? = nil, of source: SourceConfiguration, versions: [DeliveryLog.Version]
    ) throws -> (version: Int, rows: Int, rejects: Int) {
        let digests = known == nil ? FileDigests(of: paths) : nil
        defer { digests?.cancel() }
        func files() throws -> [SourceFile] { try known ?? digests!.wait() }
        let version = try nextVersion(of: source, versions)
        if connection.dialect == .duckdb {
            return try connection.transaction {
                let reader = SourceReader(engine: connection, source: source, files: paths)
                let table = log.table("\(source.name)__v\(version)")
                let (rows, rejects) = try reader.read(into: table)
                try check(rows: rows, rejects: rejects, of: source, engine: connection)
                try connection.execute(
                    """
                    INSERT INTO \(log.table("_rejects")) SELECT \(connection.dialect.literal(source.name)), \(version), *
                    FROM \(SourceReader.rejectTable)
                    """)
                try publish(files(), of: source, versions: versions, version: version, rows: rows, rejects: rejects)
                return (version, rows, rejects)
            }
        }
        return try withStaging { engine in
            let reader = SourceReader(engine: engine, source: source, files: paths)
            let (rows, rejects) = try reader.read(into: "delivery")
            try check(rows: rows, rejects: rejects, of: source, engine: engine)
            let files = try files()
            func send() throws {
                try connection.ingest(
                    engine.query("SELECT * FROM delivery"), into: ["raw", "\(source.name)__v\(version)"], mode: .replace
                )
                try connection.ingest(
                    engine.query(
                        """
                        SELECT \(Dialect.duckdb.literal(source.name)) AS source, \(version)::BIGINT AS version, file, line,
                        column_name, reason, text AS content FROM \(SourceReader.rejectTable)
                        """),
                    into: ["raw", "_rejects"], mode: .append)
                try publish(files, of: source, versions: versions, version: version, rows: rows, rejects: rejects)
            }
            if connection.dialect.rollsBackDefinitions { try connection.transaction(send) } else { try send() }
            return (version, rows, rejects)
        }
    }

    /// A number that no version has, not even one whose load was cut off.
    private func nextVersion(of source: SourceConfiguration, _ versions: [DeliveryLog.Version]) throws -> Int {
        let prefix = "\(source.name)__v"
        let tables = try connection.tables(in: "raw").compactMap { name in
            name.hasPrefix(prefix) ? Int(name.dropFirst(prefix.count)) : nil
        }
        return max(versions.last?.number ?? 0, tables.max() ?? 0) + 1
    }

    /// Stops a delivery with no rows or too many rejects.
    private func check(
        rows: Int, rejects: Int, of source: SourceConfiguration, engine: any SQLConnection
    ) throws {
        if rows + rejects == 0 {
            throw MartletError(
                .invalidData, "the files of the source '\(source.name)' have a header but no rows",
                hint: "the last delivery stays as it was", at: source.location)
        }
        let share = Double(rejects) / Double(rows + rejects)
        guard rejects > 0, share > source.rejects || rejects >= SourceReader.rejectLimit || rows == 0 else { return }
        let examples = try engine.rows(
            "SELECT file, line, reason FROM \(SourceReader.rejectTable) ORDER BY file, line NULLS LAST LIMIT 3")
        let lines = examples.map { row in
            "  \(row[0].string ?? "?"):\(row[1].integer.map(String.init) ?? "?"): \(row[2].string ?? "")"
        }
        throw MartletError(
            .invalidData,
            "\(rejects) of \(rows + rejects) rows of the source '\(source.name)' do not parse, more than the share "
                + "\(source.rejects) allows:\n\(lines.joined(separator: "\n"))",
            hint: "correct the files, declare another type under 'columns', or raise 'rejects'", at: source.location)
    }

    /// Makes a version the one that staging sees, and drops those that are too old.
    private func publish(
        _ files: [SourceFile], of source: SourceConfiguration, versions: [DeliveryLog.Version], version: Int,
        rows: Int, rejects: Int
    ) throws {
        let moment = Moment.text(Int64(Date().timeIntervalSince1970 * 1_000_000))
        let current = VersionView.Part(
            version: version, file: files.count == 1 ? files[0].path : nil, loadedAt: moment)
        let view = VersionView(connection: connection, source: source.name)
        try view.replace(adding: current, keepingOthers: source.append)
        try log.record(source, version: version, files: files, rows: rows, rejects: rejects)
        guard !source.append else { return }
        let old = versions.dropLast(max(0, source.keep - 1)).map(\.number)
        for number in old {
            try connection.execute("DROP TABLE IF EXISTS \(log.table("\(source.name)__v\(number)"))")
        }
        try log.forget(source.name, versions: old)
    }

    /// Runs `body` with a DuckDB in a temporary file, for warehouses that cannot read files themselves.
    private func withStaging<Result>(_ body: (Connection) throws -> Result) throws -> Result {
        let staging = StagingFile()
        defer { staging.remove() }
        return try body(Warehouse(.duckdb(staging.path)).connect())
    }
}
