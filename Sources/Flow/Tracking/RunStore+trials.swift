import Core
import GRDB

extension RunStore {
    /// Keeps what is known of a step's work; a fact that is there already is replaced.
    ///
    /// - Throws: `outOfSpace`, `busy` or `system` if the database cannot be written.
    public func record(_ facts: [Fact], run: String, step: String) throws {
        guard !facts.isEmpty else { return }
        try write("cannot keep what is known of step '\(step)'") { db in
            let sql = "INSERT OR REPLACE INTO facts (run, step, kind, name, value, number) VALUES (?, ?, ?, ?, ?, ?)"
            let statement = try db.cachedStatement(sql: sql)
            for fact in facts {
                try statement.execute(arguments: [
                    run, step, fact.kind.rawValue, fact.name, fact.value.description, fact.value.number,
                ])
            }
        }
    }

    /// What is known of a step's work.
    ///
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    public func facts(run: String, step: String) throws -> [Fact] {
        try read { db in
            let sql = "SELECT * FROM facts WHERE run = ? AND step = ? ORDER BY kind, name"
            return try Row.fetchAll(db, sql: sql, arguments: [run, step]).compactMap(Fact.init)
        }
    }

    /// The trials for which the filter holds, the newest first.
    ///
    /// - Parameters:
    ///   - filter: what is looked for.
    ///   - runs: the runs' ids; nil for all. A run that took a step's result from another run has that run's trial.
    ///   - limit: how many at most.
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    /// - Complexity: O(facts + series of the runs)
    public func trials(
        matching filter: TrialFilter = TrialFilter(), runs: [String]? = nil, limit: Int = .max
    ) throws -> [Trial] {
        try read { db in
            let scope = try runs.map { try Self.origins(of: $0, db) }
            let isInScope = { (run: String, step: String) in scope.map { $0.contains([run, step]) } ?? true }
            var arguments = StatementArguments()
            var only = ""
            if let scope {
                only = " WHERE run IN (SELECT value FROM json_each(?))"
                arguments = [JSONValue.array(Set(scope.map { $0[0] }).sorted().map { .string($0) }).description]
            }
            var trials: [[String]: Trial] = [:]
            let facts = try Row.fetchCursor(db, sql: "SELECT * FROM facts\(only)", arguments: arguments)
            while let row = try facts.next() {
                guard isInScope(row["run"], row["step"]), let fact = Fact(row) else { continue }
                let key: [String] = [row["run"], row["step"]]
                trials[key, default: Trial(run: key[0], step: key[1])].add(fact)
            }
            for (key, trial) in trials where trial.parameters.isEmpty { trials[key] = nil }
            let series = try Row.fetchCursor(
                db,
                sql: """
                    SELECT id, run, step, name, count, firstIndex, lastIndex, last, minimum, minimumIndex, maximum,
                    maximumIndex FROM series\(only)
                    """, arguments: arguments)
            while let row = try series.next() {
                let found = MetricSeries(row)
                trials[[found.run, found.step]]?.metrics[found.name] = found
            }
            let steps = try Row.fetchCursor(db, sql: "SELECT * FROM steps\(only)", arguments: arguments)
            while let row = try steps.next() { trials[[row["run"], row["name"]]]?.take(try StepRecord(row)) }
            let tags = try Row.fetchCursor(db, sql: "SELECT * FROM tags\(only)", arguments: arguments)
            var byRun: [String: [String: String]] = [:]
            while let row = try tags.next() { byRun[row["run"], default: [:]][row["name"]] = row["value"] }
            let all = trials.values.map { trial in
                var trial = trial
                trial.tags = byRun[trial.run] ?? [:]
                return trial
            }
            let found = all.filter(filter.holds).sorted { ($0.run, $1.step) > ($1.run, $0.step) }
            return Array(found.prefix(limit))
        }
    }

    /// Where the steps of some runs were computed: pairs of run and step.
    private static func origins(of runs: [String], _ db: Database) throws -> Set<[String]> {
        let sql = """
            SELECT s.run AS run, s.name AS step, r.run AS origin, r.step AS originStep
            FROM steps s LEFT JOIN results r ON r.id = s.result WHERE s.run IN (SELECT value FROM json_each(?))
            """
        let ids = JSONValue.array(runs.map { .string($0) }).description
        var pairs: Set<[String]> = []
        for row in try Row.fetchAll(db, sql: sql, arguments: [ids]) {
            pairs.insert([row["origin"] ?? row["run"], row["originStep"] ?? row["step"]])
        }
        return pairs
    }
}

extension Fact {
    fileprivate init?(_ row: Row) {
        guard let kind = Kind(rawValue: row["kind"]), let value = try? JSONValue(parsing: row["value"]) else {
            return nil
        }
        self.init(kind, row["name"], value)
    }
}

extension Trial {
    fileprivate init(run: String, step: String) {
        self.init(
            run: run, step: step, state: .waiting, started: nil, seconds: nil, use: nil, parameters: [:],
            environment: [:], versions: [:], metrics: [:], tags: [:])
    }

    fileprivate mutating func add(_ fact: Fact) {
        switch fact.kind {
        case .parameter: parameters[fact.name] = fact.value
        case .environment: environment[fact.name] = fact.value
        case .version: versions[fact.name] = fact.value
        }
    }

    fileprivate mutating func take(_ record: StepRecord) {
        state = record.state
        started = record.started
        seconds = record.seconds
        use = record.use
    }
}
