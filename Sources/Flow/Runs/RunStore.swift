import Core
import GRDB

/// Runs, their steps, artifacts, metrics and logs, in one folder.
///
/// `runs.sqlite` (WAL mode: readers never wait for writers) holds what is known, `objects/` and `trees/` what was
/// made, `logs/RUN/STEP.log` what child processes said, `work/RUN/STEP/` what is not finished. Any number of processes
/// may use one folder at once. A step counts as finished only when its artifacts are in place and the transaction that
/// says so has committed.
public final class RunStore: Sendable {
    /// The store's folder.
    public let folder: String
    /// The artifacts.
    public let artifacts: ArtifactStore
    let database: DatabasePool

    /// Opens the store in `folder`, making it if there is none.
    ///
    /// - Throws: `corrupted` if `runs.sqlite` is no database or was written by a newer Martlet, `outOfSpace`,
    ///   `system`.
    public init(folder: String) throws {
        self.folder = folder
        try Folders.make(folder)
        artifacts = try ArtifactStore(folder: folder)
        let path = "\(folder)/runs.sqlite"
        database = try RunStore.translate("cannot open \(path)") {
            var configuration = Configuration()
            // Writers of other processes hold the lock for milliseconds; half a minute means that something is wrong.
            configuration.busyMode = .timeout(30)
            configuration.prepareDatabase { db in
                try db.execute(sql: "PRAGMA synchronous = NORMAL")
            }
            return try DatabasePool(path: path, configuration: configuration)
        }
        try write("cannot set up \(path)") { try RunStore.migrate($0, path: path) }
    }

    /// Where the output of a step's child processes goes.
    public func logPath(run: String, step: String) -> String { "\(folder)/logs/\(run)/\(step).log" }

    func workPath(run: String, step: String) -> String { "\(folder)/work/\(run)/\(step)" }

    // MARK: - The database

    /// Writes in one transaction that other processes see whole or not at all.
    func write<T>(_ work: String, _ updates: (Database) throws -> T) throws -> T {
        try RunStore.translate(work) { try database.write(updates) }
    }

    /// Reads from one snapshot.
    func read<T>(_ work: String = "cannot read the runs", _ query: (Database) throws -> T) throws -> T {
        try RunStore.translate(work) { try database.read(query) }
    }

    /// Runs `body`; SQLite's errors become errors that say what failed and how to fix it.
    static func translate<T>(_ work: String, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as DatabaseError {
            switch error.resultCode {
            case .SQLITE_FULL:
                throw MartletError(
                    .outOfSpace, "\(work): the disk is full", hint: "free some space and resume the run",
                    underlying: error)
            case .SQLITE_BUSY, .SQLITE_LOCKED:
                throw MartletError(
                    .busy, "\(work): another process holds the database", hint: "try again when it is done",
                    underlying: error)
            case .SQLITE_NOTADB, .SQLITE_CORRUPT:
                throw MartletError(
                    .corrupted, "\(work): this is not a sound SQLite database",
                    hint: "move the file away to begin with a new one; artifacts stay", underlying: error)
            case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
                throw MartletError(
                    .system, "\(work): the file cannot be written", hint: "check who owns the folder, and its disk",
                    underlying: error)
            default: throw MartletError(.system, work, underlying: error)
            }
        }
    }
}
