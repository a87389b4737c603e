import Core
import GRDB

extension RunStore {
    /// Begins a run of `graph` that this process works on.
    func create(_ graph: FlowGraph, parameters: JSONValue) throws -> String {
        let worker = ProcessIdentity.current
        return try write("cannot begin a run") { db in
            var id = RunID.make(at: now())
            while try Row.fetchOne(db, sql: "SELECT 1 FROM runs WHERE id = ?", arguments: [id]) != nil {
                id = RunID.make(at: now())
            }
            try db.execute(
                sql: """
                    INSERT INTO runs (id, flow, state, created, process, processStarted, host, parameters)
                    VALUES (?, ?, 'running', ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, graph.name, now(), worker.id, worker.started, worker.host, parameters.description,
                ])
            try insertSteps(of: graph, run: id, db)
            return id
        }
    }

    /// Takes over a run whose process is gone or has ended.
    ///
    /// - Throws: `notFound`, or `busy` if a live process works on it.
    func claim(_ id: String, _ graph: FlowGraph) throws {
        let record = try run(id)
        guard record.flow == graph.name else {
            throw MartletError(
                .invalidConfiguration, "run \(id) is a run of '\(record.flow)', not of '\(graph.name)'",
                hint: "begin a new run")
        }
        let worker = ProcessIdentity.current
        try write("cannot take over run \(id)") { db in
            // Read again inside the transaction: of two processes that try at once, one must lose.
            let row = try Row.fetchOne(db, sql: "SELECT * FROM runs WHERE id = ?", arguments: [id])
            let record = try row.map(RunRecord.init)
            if let record, record.state == .running {
                throw MartletError(
                    .busy, "run \(id) is being worked on by process \(record.process ?? 0)",
                    hint: "wait for it, or end that process first")
            }
            try db.execute(
                sql: """
                    UPDATE runs SET state = 'running', ended = NULL, message = NULL,
                    process = ?, processStarted = ?, host = ? WHERE id = ?
                    """,
                arguments: [worker.id, worker.started, worker.host, id])
            try insertSteps(of: graph, run: id, db)
        }
    }

    /// Enters the graph's steps; those that the run has already keep their state.
    private func insertSteps(of graph: FlowGraph, run: String, _ db: Database) throws {
        let names = Set(graph.steps.map(\.name))
        for name in try String.fetchAll(db, sql: "SELECT name FROM steps WHERE run = ?", arguments: [run])
        where !names.contains(name) {
            try db.execute(sql: "DELETE FROM steps WHERE run = ? AND name = ?", arguments: [run, name])
        }
        for (position, step) in graph.steps.enumerated() {
            try db.execute(
                sql: """
                    INSERT INTO steps (run, name, position, dependencies, parameters, state)
                    VALUES (?, ?, ?, ?, ?, 'waiting')
                    ON CONFLICT (run, name) DO UPDATE SET position = excluded.position,
                    dependencies = excluded.dependencies, parameters = excluded.parameters,
                    state = CASE WHEN state = 'finished' OR state = 'reused' THEN state ELSE 'waiting' END
                    """,
                arguments: [
                    run, step.name, position, JSONValue.array(step.dependencies.map(JSONValue.string)).description,
                    step.parameters.description,
                ])
        }
    }

    /// Ends this process's work on a run.
    func end(_ run: String, _ state: RunState, message: String?) throws {
        try write("cannot end run \(run)") { db in
            try db.execute(
                sql: "UPDATE runs SET state = ?, ended = ?, message = ? WHERE id = ?",
                arguments: [state.rawValue, now(), message, run])
        }
    }

    /// Notes that an attempt of a step begins.
    ///
    /// - Returns: the attempt's number, counted from 1.
    func beginAttempt(run: String, step: String, key: String) throws -> Int {
        try write("cannot begin step '\(step)'") { db in
            try db.execute(
                sql: """
                    UPDATE steps SET state = 'running', key = ?, result = NULL, attempts = attempts + 1, started = ?,
                    ended = NULL, message = NULL WHERE run = ? AND name = ?
                    """,
                arguments: [key, now(), run, step])
            try db.execute(sql: "DELETE FROM metrics WHERE run = ? AND step = ?", arguments: [run, step])
            let sql = "SELECT attempts FROM steps WHERE run = ? AND name = ?"
            return try Int.fetchOne(db, sql: sql, arguments: [run, step]) ?? 1
        }
    }

    /// Notes the end of a step that left no result.
    func mark(run: String, step: String, _ state: StepState, message: String?) throws {
        try write("cannot note the state of step '\(step)'") { db in
            try db.execute(
                sql: """
                    UPDATE steps SET state = ?, message = COALESCE(?, message), result = NULL,
                    ended = CASE WHEN started IS NULL OR ? = 'skipped' THEN NULL ELSE ? END WHERE run = ? AND name = ?
                    """,
                arguments: [state.rawValue, message, state.rawValue, now(), run, step])
        }
    }

    /// Keeps a child's last words where the parent finds them.
    func note(run: String, step: String, message: String) throws {
        try write("cannot note the error of step '\(step)'") { db in
            try db.execute(
                sql: "UPDATE steps SET message = ? WHERE run = ? AND name = ? AND state = 'running'",
                arguments: [message, run, step])
        }
    }

    /// Enters a stored result for a step.
    func reuse(_ result: StepResult, run: String, step: String, message: String) throws {
        try write("cannot note the result of step '\(step)'") { db in
            try db.execute(
                sql: """
                    UPDATE steps SET state = 'reused', key = ?, result = ?, started = ?, ended = ?, message = ?
                    WHERE run = ? AND name = ?
                    """,
                arguments: [result.key, result.id, now(), now(), message, run, step])
        }
    }

    /// Commits a step's result: from this moment on it has finished.
    func commit(
        run: String, step: String, key: String, value: JSONValue, artifacts: [Artifact], seconds: Double
    ) throws -> StepResult {
        try write("cannot commit step '\(step)'") { db in
            try db.execute(
                sql: "INSERT INTO results (key, run, step, value, seconds, created) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [key, run, step, value.description, seconds, now()])
            let id = db.lastInsertedRowID
            for artifact in artifacts {
                try db.execute(
                    sql: "INSERT INTO artifacts (result, name, kind, digest, size) VALUES (?, ?, ?, ?, ?)",
                    arguments: [id, artifact.name, artifact.kind.rawValue, artifact.digest.hex, artifact.size])
            }
            try db.execute(
                sql: """
                    UPDATE steps SET state = 'finished', key = ?, result = ?, ended = ?, message = NULL
                    WHERE run = ? AND name = ?
                    """,
                arguments: [key, id, now(), run, step])
            return StepResult(
                id: id, key: key, run: run, step: step, value: value,
                artifacts: Dictionary(uniqueKeysWithValues: artifacts.map { ($0.name, $0) }), seconds: seconds)
        }
    }

    /// Forgets results whose artifacts are damaged, so that nobody finds them again.
    func forget(_ result: Int64) throws {
        try write("cannot forget a damaged result") { db in
            try db.execute(sql: "DELETE FROM results WHERE id = ?", arguments: [result])
        }
    }

    /// Adds points to metric series; a point that is there already is replaced.
    func append(_ points: [MetricPoint], run: String) throws {
        try write("cannot log metrics") { db in
            let statement = try db.cachedStatement(
                sql:
                    "INSERT OR REPLACE INTO metrics (run, step, name, \"index\", value, time) VALUES (?, ?, ?, ?, ?, ?)"
            )
            for point in points {
                try statement.execute(arguments: [
                    run, point.step, point.name, point.index, point.value.isFinite ? point.value : nil, point.time,
                ])
            }
        }
    }
}
