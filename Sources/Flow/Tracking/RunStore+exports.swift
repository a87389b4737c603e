import Core
import GRDB

/// What another tracking server knows of a trial.
public struct ExportRecord: Sendable, Hashable {
    /// The run; with an empty step the record is of the run as a whole.
    public var run: String
    /// The step.
    public var step: String
    /// The name that the server gave it; empty for a run as a whole.
    public var remote: String
    /// Whether the server knows all of it, and its end.
    public var isComplete: Bool

    /// Makes a record.
    public init(run: String, step: String = "", remote: String = "", isComplete: Bool = false) {
        self.run = run
        self.step = step
        self.remote = remote
        self.isComplete = isComplete
    }
}

extension RunStore {
    /// What a server knows of a trial, or of a run as a whole; nil if nothing.
    ///
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    public func export(to target: String, run: String, step: String = "") throws -> ExportRecord? {
        try read { db in
            let sql = "SELECT * FROM exports WHERE target = ? AND run = ? AND step = ?"
            return try Row.fetchOne(db, sql: sql, arguments: [target, run, step]).map(ExportRecord.init)
        }
    }

    /// The runs that a server was to be told of and does not know whole, the oldest first.
    ///
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    public func pendingExports(to target: String) throws -> [String] {
        try read { db in
            let sql = "SELECT run FROM exports WHERE target = ? AND step = '' AND complete = 0 ORDER BY run"
            return try String.fetchAll(db, sql: sql, arguments: [target])
        }
    }

    /// Keeps what a server knows.
    ///
    /// - Throws: `outOfSpace`, `busy` or `system` if the database cannot be written.
    public func keep(_ record: ExportRecord, target: String) throws {
        try write("cannot keep what was exported") { db in
            try db.execute(
                sql: "INSERT OR REPLACE INTO exports (target, run, step, remote, complete) VALUES (?, ?, ?, ?, ?)",
                arguments: [target, record.run, record.step, record.remote, record.isComplete])
        }
    }

    /// The points of a series that a server does not know, in order.
    ///
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    public func unexportedPoints(of series: MetricSeries, target: String) throws -> [MetricPoint] {
        try read { db in
            let sql = "SELECT lastIndex FROM exportedSeries WHERE target = ? AND series = ?"
            let last = try Int64.fetchOne(db, sql: sql, arguments: [target, series.id])
            if let last, last >= series.lastIndex { return [] }
            let points = try Self.points(series: series.id, db)
            return (0..<points.count).filter { place in last.map { points.indices[place] > $0 } ?? true }.map { place in
                MetricPoint(
                    step: series.step, name: series.name, index: points.indices[place], value: points.values[place],
                    time: points.times[place])
            }
        }
    }

    /// Keeps how far a server knows a series.
    ///
    /// - Throws: `outOfSpace`, `busy` or `system` if the database cannot be written.
    public func keepExported(series: Int64, upTo index: Int64, target: String) throws {
        try write("cannot keep what was exported") { db in
            // The series may be gone: a step was begun anew with other inputs.
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO exportedSeries (target, series, lastIndex)
                    SELECT ?, id, ? FROM series WHERE id = ?
                    """,
                arguments: [target, index, series])
        }
    }
}

extension ExportRecord {
    fileprivate init(_ row: Row) {
        self.init(run: row["run"], step: row["step"], remote: row["remote"], isComplete: row["complete"])
    }
}
