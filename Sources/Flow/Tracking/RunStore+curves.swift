import Core
import FoundationEssentials
import GRDB

extension RunStore {
    /// What is known of series without reading their points; by run, step and name.
    ///
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    public func series(run: String? = nil, step: String? = nil, name: String? = nil) throws -> [MetricSeries] {
        try read { db in try Self.seriesRows(run: run, step: step, name: name, db).map(MetricSeries.init) }
    }

    /// A metric's curves, down-sampled when they were written: what a page that compares many runs reads.
    ///
    /// - Parameters:
    ///   - name: the metric's name.
    ///   - runs: the runs' ids; nil for all.
    ///   - step: the step that logged it; nil for all.
    ///   - points: the most groups of a curve, at most 256.
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    /// - Complexity: O(series), whatever their lengths.
    public func curves(
        named name: String, runs: [String]? = nil, step: String? = nil, points: Int = 256
    ) throws -> [Curve] {
        precondition(points > 0, "a curve needs a point")
        return try read { db in
            var sql = "SELECT * FROM series WHERE name = :name AND (:step IS NULL OR step = :step)"
            if runs != nil { sql += " AND run IN (SELECT value FROM json_each(:runs))" }
            let ids = runs.map { JSONValue.array($0.map { .string($0) }).description }
            var arguments: StatementArguments = ["name": name, "step": step]
            if let ids { arguments += ["runs": ids] }
            let rows = try Row.fetchCursor(db, sql: sql + " ORDER BY run, step", arguments: arguments)
            var curves: [Curve] = []
            while let row = try rows.next() {
                let series = MetricSeries(row)
                let summary = CurveSummary(count: series.count, width: row["width"], data: row["summary"])
                curves.append(summary.curve(of: series, points: points))
            }
            return curves
        }
    }

    /// The points of a run's metrics: by step, name and index.
    ///
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    public func metrics(run: String, step: String? = nil, name: String? = nil) throws -> [MetricPoint] {
        try read { db in
            try Self.seriesRows(run: run, step: step, name: name, db).map(MetricSeries.init).flatMap { series in
                let points = try Self.points(series: series.id, db)
                return (0..<points.count).map { place in
                    MetricPoint(
                        step: series.step, name: series.name, index: points.indices[place],
                        value: points.values[place], time: points.times[place])
                }
            }
        }
    }

    private static func seriesRows(run: String?, step: String?, name: String?, _ db: Database) throws -> [Row] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM series WHERE (:run IS NULL OR run = :run) AND (:step IS NULL OR step = :step)
                AND (:name IS NULL OR name = :name) ORDER BY run, step, name
                """,
            arguments: ["run": run, "step": step, "name": name])
    }
}
