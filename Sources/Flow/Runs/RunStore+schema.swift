import Core
import GRDB

extension RunStore {
    /// The version of the tables below, kept in SQLite's `user_version`.
    static let schemaVersion = 2

    static func migrate(_ db: Database, path: String) throws {
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version <= schemaVersion else {
            throw MartletError(
                .corrupted,
                "\(path) was written by a newer Martlet (version \(version), this one knows \(schemaVersion))",
                hint: "update Martlet, or choose another folder for the runs")
        }
        if version < 1 { try makeFirstTables(db) }
        if version < 2 { try addTracking(db) }
        if version < schemaVersion { try db.execute(sql: "PRAGMA user_version = \(schemaVersion)") }
    }

    /// Runs, steps, results, artifacts.
    private static func makeFirstTables(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE runs (
                    id TEXT PRIMARY KEY,
                    flow TEXT NOT NULL,
                    state TEXT NOT NULL,
                    created REAL NOT NULL,
                    ended REAL,
                    process INTEGER, processStarted INTEGER, host TEXT,
                    parameters TEXT NOT NULL,
                    message TEXT
                ) WITHOUT ROWID;
                CREATE TABLE results (
                    id INTEGER PRIMARY KEY,
                    key TEXT NOT NULL,
                    run TEXT NOT NULL,
                    step TEXT NOT NULL,
                    value TEXT NOT NULL,
                    seconds REAL NOT NULL,
                    created REAL NOT NULL
                );
                CREATE INDEX resultsByKey ON results (key);
                CREATE TABLE artifacts (
                    result INTEGER NOT NULL REFERENCES results ON DELETE CASCADE,
                    name TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    digest TEXT NOT NULL,
                    size INTEGER NOT NULL,
                    PRIMARY KEY (result, name)
                ) WITHOUT ROWID;
                CREATE INDEX artifactsByDigest ON artifacts (digest);
                CREATE TABLE steps (
                    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
                    name TEXT NOT NULL,
                    position INTEGER NOT NULL,
                    dependencies TEXT NOT NULL,
                    parameters TEXT NOT NULL,
                    state TEXT NOT NULL,
                    key TEXT,
                    result INTEGER REFERENCES results ON DELETE SET NULL,
                    attempts INTEGER NOT NULL DEFAULT 0,
                    started REAL,
                    ended REAL,
                    message TEXT,
                    PRIMARY KEY (run, name)
                ) WITHOUT ROWID;
                CREATE INDEX stepsByResult ON steps (result);
                """)
    }

    /// Trials: series in blocks with summaries, facts, tags; branches that a fan-out made; what was exported.
    private static func addTracking(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE runs ADD COLUMN namespace TEXT NOT NULL DEFAULT '';
                ALTER TABLE steps ADD COLUMN parent TEXT;
                ALTER TABLE steps ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE steps ADD COLUMN cpuSeconds REAL;
                ALTER TABLE steps ADD COLUMN peakMemory INTEGER;
                ALTER TABLE steps ADD COLUMN bytesRead INTEGER;
                ALTER TABLE steps ADD COLUMN diskRead INTEGER;
                CREATE TABLE series (
                    id INTEGER PRIMARY KEY,
                    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
                    step TEXT NOT NULL,
                    name TEXT NOT NULL,
                    count INTEGER NOT NULL DEFAULT 0,
                    firstIndex INTEGER NOT NULL DEFAULT 0, lastIndex INTEGER NOT NULL DEFAULT 0,
                    last REAL,
                    minimum REAL, minimumIndex INTEGER NOT NULL DEFAULT 0,
                    maximum REAL, maximumIndex INTEGER NOT NULL DEFAULT 0,
                    width INTEGER NOT NULL DEFAULT 1,
                    summary BLOB NOT NULL DEFAULT x'',
                    UNIQUE (run, step, name)
                );
                CREATE INDEX seriesByName ON series (name, run);
                CREATE TABLE blocks (
                    id INTEGER PRIMARY KEY,
                    series INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
                    count INTEGER NOT NULL,
                    firstIndex INTEGER NOT NULL,
                    stride INTEGER,
                    data BLOB NOT NULL
                );
                CREATE INDEX blocksBySeries ON blocks (series, id);
                CREATE TABLE facts (
                    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
                    step TEXT NOT NULL,
                    kind TEXT NOT NULL,
                    name TEXT NOT NULL,
                    value TEXT NOT NULL,
                    number REAL,
                    PRIMARY KEY (run, step, kind, name)
                ) WITHOUT ROWID;
                CREATE INDEX factsByName ON facts (name, number);
                CREATE TABLE tags (
                    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
                    name TEXT NOT NULL,
                    value TEXT NOT NULL,
                    PRIMARY KEY (run, name)
                ) WITHOUT ROWID;
                CREATE TABLE exports (
                    target TEXT NOT NULL,
                    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
                    step TEXT NOT NULL,
                    remote TEXT NOT NULL,
                    complete INTEGER NOT NULL DEFAULT 0,
                    PRIMARY KEY (target, run, step)
                ) WITHOUT ROWID;
                CREATE TABLE exportedSeries (
                    target TEXT NOT NULL,
                    series INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
                    lastIndex INTEGER NOT NULL,
                    PRIMARY KEY (target, series)
                ) WITHOUT ROWID;
                """)
        if try db.tableExists("metrics") { try moveMetrics(db) }
    }

    /// The points of version 1, a row each, become series.
    private static func moveMetrics(_ db: Database) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT * FROM metrics ORDER BY run, step, name, \"index\"")
        var run = ""
        var batch = PointBatch(step: "", name: "", points: PointBuffer())
        while let row = try rows.next() {
            let key: [String] = [row["run"], row["step"], row["name"]]
            if key != [run, batch.step, batch.name] {
                if batch.points.count > 0 { try append(batch, run: run, db) }
                run = key[0]
                batch = PointBatch(step: key[1], name: key[2], points: PointBuffer())
            }
            batch.points.append(row["index"], row["value"] ?? .nan, row["time"])
        }
        if batch.points.count > 0 { try append(batch, run: run, db) }
        try db.execute(sql: "DROP TABLE metrics")
    }
}
