import Core
import GRDB

extension RunStore {
    /// Begins a run of `graph` that this process works on, or another.
    func create(
        _ graph: FlowGraph, parameters: JSONValue, label: RunLabel = RunLabel(), worker: ProcessIdentity = .current
    ) throws -> String {
        try write("cannot begin a run") { db in
            var id = RunID.make(at: now())
            while try Row.fetchOne(db, sql: "SELECT 1 FROM runs WHERE id = ?", arguments: [id]) != nil {
                id = RunID.make(at: now())
            }
            try db.execute(
                sql: """
                    INSERT INTO runs (id, flow, state, created, process, processStarted, host, parameters, namespace)
                    VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    id, graph.name, now(), worker.id, worker.started, worker.host, parameters.description,
                    label.namespace,
                ])
            for (name, value) in label.tags {
                try db.execute(
                    sql: "INSERT INTO tags (run, name, value) VALUES (?, ?, ?)", arguments: [id, name, value])
            }
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

    /// Enters the graph's steps; those that the run has already keep their state, and so do the branches that its
    /// fan-outs made.
    private func insertSteps(of graph: FlowGraph, run: String, _ db: Database) throws {
        let names = Set(graph.steps.map(\.name))
        for row in try Row.fetchAll(db, sql: "SELECT name, parent FROM steps WHERE run = ?", arguments: [run]) {
            let name: String = row["name"]
            if !names.contains(name), row["parent"] == nil { try Self.delete(step: name, run: run, db) }
        }
        for (position, step) in graph.steps.enumerated() {
            try Self.insert(step, run: run, position: position, place: 0, parent: nil, db)
        }
    }

    /// Enters the branches that a fan-out made, behind it; branches of an earlier time that are none any more go.
    func insertBranches(_ branches: [Step], of parent: String, run: String, position: Int, place: Int) throws {
        try write("cannot enter the branches of '\(parent)'") { db in
            let names = Set(branches.map(\.name))
            let sql = "SELECT name FROM steps WHERE run = ? AND parent = ?"
            for name in try String.fetchAll(db, sql: sql, arguments: [run, parent]) where !names.contains(name) {
                try Self.delete(step: name, run: run, db)
            }
            for (number, step) in branches.enumerated() {
                try Self.insert(step, run: run, position: position, place: place + number, parent: parent, db)
            }
        }
    }

    private static func delete(step: String, run: String, _ db: Database) throws {
        for table in ["series", "facts"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE run = ? AND step = ?", arguments: [run, step])
        }
        try db.execute(sql: "DELETE FROM steps WHERE run = ? AND name = ?", arguments: [run, step])
    }

    private static func insert(
        _ step: Step, run: String, position: Int, place: Int, parent: String?, _ db: Database
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO steps (run, name, position, place, parent, dependencies, parameters, state)
                VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting')
                ON CONFLICT (run, name) DO UPDATE SET position = excluded.position, place = excluded.place,
                parent = excluded.parent, dependencies = excluded.dependencies, parameters = excluded.parameters,
                state = CASE WHEN state IN ('finished', 'reused') THEN state ELSE 'waiting' END
                """,
            arguments: [
                run, step.name, position, place, parent,
                JSONValue.array(step.dependencies.map(JSONValue.string)).description, step.parameters.description,
            ])
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
    /// What earlier attempts at the same work logged stays: an attempt that goes on from a checkpoint logs the rest.
    ///
    /// - Returns: the attempt's number, counted from 1.
    func beginAttempt(run: String, step: String, key: String) throws -> Int {
        try write("cannot begin step '\(step)'") { db in
            let sql = "SELECT key, attempts FROM steps WHERE run = ? AND name = ?"
            let before = try Row.fetchOne(db, sql: sql, arguments: [run, step])
            try db.execute(
                sql: """
                    UPDATE steps SET state = 'running', key = ?, result = NULL, attempts = attempts + 1, started = ?,
                    ended = NULL, message = NULL, cpuSeconds = NULL, peakMemory = NULL, bytesRead = NULL,
                    diskRead = NULL WHERE run = ? AND name = ?
                    """,
                arguments: [key, now(), run, step])
            if let old = before?["key"] as String?, old != key {
                for table in ["series", "facts"] {
                    try db.execute(sql: "DELETE FROM \(table) WHERE run = ? AND step = ?", arguments: [run, step])
                }
            }
            return (before?["attempts"] ?? 0) + 1
        }
    }

    /// Keeps what an attempt took of the machine.
    func keep(_ use: SystemUse, run: String, step: String) throws {
        try write("cannot keep what step '\(step)' took of the machine") {
            try Self.keep(use, run: run, step: step, $0)
        }
    }

    private static func keep(_ use: SystemUse, run: String, step: String, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE steps SET cpuSeconds = ?, peakMemory = ?, bytesRead = ?, diskRead = ? WHERE run = ? AND name = ?
                """,
            arguments: [use.cpuSeconds, use.peakMemory, use.bytesRead, use.diskRead, run, step])
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
    ///
    /// - Returns: false if the result is not there any more.
    func reuse(_ result: StepResult, run: String, step: String, message: String) throws -> Bool {
        try write("cannot note the result of step '\(step)'") { db in
            try db.execute(
                sql: """
                    UPDATE steps SET state = 'reused', key = ?, result = ?, started = ?, ended = ?, message = ?
                    WHERE run = ? AND name = ? AND EXISTS (SELECT 1 FROM results WHERE id = ?)
                    """,
                arguments: [result.key, result.id, now(), now(), message, run, step, result.id])
            return db.changesCount > 0
        }
    }

    /// Commits a step's result: from this moment on it has finished.
    ///
    /// - Parameters:
    ///   - state: `finished`, or `caught` for what stands in for the result of a step that failed.
    ///   - message: why it is caught.
    func commit(
        run: String, step: String, key: String, value: JSONValue, artifacts: [Artifact], seconds: Double,
        use: SystemUse? = nil, state: StepState = .finished, message: String? = nil
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
                    UPDATE steps SET state = ?, key = ?, result = ?, ended = ?, message = ?
                    WHERE run = ? AND name = ?
                    """,
                arguments: [state.rawValue, key, id, now(), message, run, step])
            if let use { try Self.keep(use, run: run, step: step, db) }
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
}
