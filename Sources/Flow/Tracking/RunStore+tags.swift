import Core
import GRDB

extension RunStore {
    /// A run's tags.
    ///
    /// - Throws: `system` or `corrupted` if the database cannot be read.
    public func tags(run: String) throws -> [String: String] {
        try read { db in
            let rows = try Row.fetchAll(db, sql: "SELECT name, value FROM tags WHERE run = ?", arguments: [run])
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["name"], $0["value"]) })
        }
    }

    /// Sets tags of a run; nil removes one.
    ///
    /// - Throws: `notFound` if there is no such run, `invalidConfiguration` for an empty name.
    public func tag(run: String, _ tags: [String: String?]) throws {
        let id = try self.run(run).id
        if tags.keys.contains(where: \.isEmpty) {
            throw MartletError(.invalidConfiguration, "a tag needs a name", hint: "write NAME or NAME=VALUE")
        }
        try write("cannot tag run \(id)") { db in
            for (name, value) in tags {
                if let value {
                    let sql = "INSERT OR REPLACE INTO tags (run, name, value) VALUES (?, ?, ?)"
                    try db.execute(sql: sql, arguments: [id, name, value])
                } else {
                    try db.execute(sql: "DELETE FROM tags WHERE run = ? AND name = ?", arguments: [id, name])
                }
            }
        }
    }
}
