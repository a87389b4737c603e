import Core
import GRDB

extension RunStore {
    /// What steps left whose names begin with `prefix`, over all runs: each result once, with the step that computed
    /// it, the newest first.
    ///
    /// - Parameters:
    ///   - prefix: such as `train[`, for the branches of a fan-out.
    ///   - limit: at most so many.
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    /// - Complexity: O(results in the store), and a look-up for each result that is returned
    public func results(
        ofStepsNamed prefix: String, limit: Int = 1000
    ) throws -> [(step: StepRecord, result: StepResult)] {
        try read { db in
            let sql = """
                SELECT r.id FROM results r JOIN steps s ON s.result = r.id AND s.run = r.run AND s.name = r.step
                WHERE substr(r.step, 1, length(:prefix)) = :prefix ORDER BY r.id DESC LIMIT :limit
                """
            let found = try Int64.fetchAll(db, sql: sql, arguments: ["prefix": prefix, "limit": limit])
            return try found.compactMap { try Self.result($0, db) }
        }
    }

    /// The result with this number and the step that computed it; nil if there is none, or its run was removed.
    ///
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    public func result(_ number: Int64) throws -> (step: StepRecord, result: StepResult)? {
        try read { try Self.result(number, $0) }
    }

    private static func result(_ number: Int64, _ db: Database) throws -> (step: StepRecord, result: StepResult)? {
        let results = try db.cachedStatement(sql: "SELECT * FROM results WHERE id = ?")
        guard let result = try Row.fetchOne(results, arguments: [number]) else { return nil }
        let steps = try db.cachedStatement(sql: "SELECT * FROM steps WHERE run = ? AND name = ?")
        let run: String = result["run"]
        let name: String = result["step"]
        guard let step = try Row.fetchOne(steps, arguments: [run, name]) else { return nil }
        return (try StepRecord(step), try StepResult(result, db))
    }
}
