import Core
import GRDB

extension RunStore {
    /// All runs, the newest first.
    ///
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    public func runs() throws -> [RunRecord] {
        try read { try Row.fetchAll($0, sql: "SELECT * FROM runs ORDER BY created DESC, id DESC").map(RunRecord.init) }
    }

    /// The run with this id, or with an id that begins so if only one does.
    ///
    /// - Throws: `notFound` with the nearest id, or if several runs begin so.
    public func run(_ id: String) throws -> RunRecord {
        try read { db in
            if let row = try Row.fetchOne(db, sql: "SELECT * FROM runs WHERE id = ?", arguments: [id]) {
                return try RunRecord(row)
            }
            let ids = try String.fetchAll(db, sql: "SELECT id FROM runs ORDER BY id DESC")
            let matches = id.isEmpty ? [] : ids.filter { $0.hasPrefix(id) || $0.hasSuffix("-\(id)") }
            if matches.count == 1 {
                let row = try Row.fetchOne(db, sql: "SELECT * FROM runs WHERE id = ?", arguments: [matches[0]])
                return try RunRecord(row!)
            }
            throw MartletError(
                .notFound, matches.isEmpty ? "there is no run '\(id)'" : "several runs begin with '\(id)'",
                hint: nearest(to: id, among: matches.isEmpty ? ids : matches).map { "did you mean '\($0)'?" }
                    ?? ids.first.map { "the newest run is \($0)" } ?? "nothing has been run here yet")
        }
    }

    /// The steps of a run, in an order in which they can run.
    ///
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    public func steps(run: String) throws -> [StepRecord] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT * FROM steps WHERE run = ? ORDER BY position, place, name", arguments: [run]
            )
            .map(StepRecord.init)
        }
    }

    /// What a step of a run left, or nil if it has not finished.
    ///
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    public func result(run: String, step: String) throws -> StepResult? {
        try read { db in
            let sql = "SELECT r.* FROM steps s JOIN results r ON r.id = s.result WHERE s.run = ? AND s.name = ?"
            return try Row.fetchOne(db, sql: sql, arguments: [run, step]).map { try StepResult($0, db) }
        }
    }

    /// The path of an artifact that a step of a run left, checked; see ``ArtifactStore/path(of:)``.
    ///
    /// - Throws: `notFound` with the nearest name there is, `corrupted`.
    public func path(run: String, step: String, artifact name: String) throws -> String {
        guard let result = try result(run: run, step: step) else {
            throw MartletError(
                .notFound, "step '\(step)' of run \(run) has not finished", hint: "martlet runs show \(run)")
        }
        return try artifacts.path(of: try result.artifact(name))
    }

    /// The newest results with this key, newest first.
    func results(key: String) throws -> [StepResult] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM results WHERE key = ? ORDER BY id DESC", arguments: [key])
                .map { try StepResult($0, db) }
        }
    }

    /// Reads every byte of every artifact in the store.
    ///
    /// - Returns: what is wrong, one error per damaged artifact; empty for a sound store.
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    /// - Complexity: O(bytes in the store)
    public func verify() throws -> [MartletError] {
        let all = try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM artifacts GROUP BY kind, digest").map(Artifact.init)
        }
        return all.compactMap { artifact in
            do {
                try artifacts.verify(artifact)
                return nil
            } catch let error as MartletError {
                return error
            } catch {
                return MartletError(.corrupted, "artifact '\(artifact.name)' cannot be read", underlying: error)
            }
        }
    }
}

extension StepResult {
    /// The artifact named `name`.
    ///
    /// - Throws: `notFound` with the nearest name there is.
    public func artifact(_ name: String) throws -> Artifact {
        if let artifact = artifacts[name] { return artifact }
        let names = artifacts.keys.sorted()
        throw MartletError(
            .notFound, "step '\(step)' left no artifact '\(name)'",
            hint: nearest(to: name, among: names).map { "did you mean '\($0)'?" }
                ?? (names.isEmpty ? "it left none" : "it left \(names.joined(separator: ", "))"))
    }

    init(_ row: Row, _ db: Database) throws {
        id = row["id"]
        key = row["key"]
        run = row["run"]
        step = row["step"]
        value = try JSONValue(parsing: row["value"], source: "a stored value")
        seconds = row["seconds"]
        let rows = try Row.fetchAll(db, sql: "SELECT * FROM artifacts WHERE result = ?", arguments: [id])
        artifacts = Dictionary(uniqueKeysWithValues: try rows.map { ($0["name"], try Artifact($0)) })
    }
}

extension Artifact {
    init(_ row: Row) throws {
        guard let kind = Kind(rawValue: row["kind"]), let digest = Digest(hex: row["digest"]) else {
            throw MartletError(.corrupted, "the store has an artifact without a kind or digest")
        }
        self.init(name: row["name"], kind: kind, digest: digest, size: row["size"])
    }
}

extension RunRecord {
    init(_ row: Row) throws {
        let stored = RunState(rawValue: row["state"]) ?? .interrupted
        id = row["id"]
        flow = row["flow"]
        created = row["created"]
        ended = row["ended"]
        process = row["process"]
        parameters = try JSONValue(parsing: row["parameters"], source: "a run's parameters")
        message = row["message"]
        namespace = row["namespace"]
        let worker = ProcessIdentity(
            id: row["process"] ?? 0, started: row["processStarted"] ?? 0, host: row["host"] ?? "")
        state = stored == .running && !worker.isAlive ? .interrupted : stored
    }
}

extension StepRecord {
    init(_ row: Row) throws {
        run = row["run"]
        name = row["name"]
        let names = try JSONValue(parsing: row["dependencies"], source: "a step's dependencies")
        dependencies = (names.array ?? []).compactMap(\.string)
        parameters = try JSONValue(parsing: row["parameters"], source: "a step's parameters")
        state = StepState(rawValue: row["state"]) ?? .waiting
        key = row["key"]
        result = row["result"]
        attempts = row["attempts"]
        started = row["started"]
        ended = row["ended"]
        message = row["message"]
        parent = row["parent"]
        if let seconds = row["cpuSeconds"] as Double? {
            use = SystemUse(
                cpuSeconds: seconds, peakMemory: row["peakMemory"] ?? 0, bytesRead: row["bytesRead"],
                diskRead: row["diskRead"])
        }
    }
}
