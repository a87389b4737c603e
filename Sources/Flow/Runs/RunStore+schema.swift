import Core
import GRDB

extension RunStore {
    /// The version of the tables below, kept in SQLite's `user_version`.
    static let schemaVersion = 1

    static func migrate(_ db: Database, path: String) throws {
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version <= schemaVersion else {
            throw MartletError(
                .corrupted,
                "\(path) was written by a newer Martlet (version \(version), this one knows \(schemaVersion))",
                hint: "update Martlet, or choose another folder for the runs")
        }
        if version == schemaVersion { return }
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
                CREATE TABLE metrics (
                    run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
                    step TEXT NOT NULL,
                    name TEXT NOT NULL,
                    "index" INTEGER NOT NULL,
                    value REAL,
                    time REAL NOT NULL,
                    PRIMARY KEY (run, step, name, "index")
                ) WITHOUT ROWID;
                PRAGMA user_version = \(schemaVersion);
                """)
    }
}
