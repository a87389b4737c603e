import Core
import FoundationEssentials
import GRDB

extension RunStore {
    /// Removes old runs, results that no run uses, and files that no result names.
    ///
    /// A run stays that is being worked on, that is tagged ``GarbagePolicy/keepTag``, or whose results a run that stays
    /// has taken. Steps that store artifacts at this moment are waited for.
    ///
    /// - Parameters:
    ///   - policy: which runs may go.
    ///   - isDryRun: finds out and removes nothing.
    /// - Throws: `busy`, `outOfSpace` or `system` if the store cannot be written.
    /// - Complexity: O(files in the store)
    public func collectGarbage(_ policy: GarbagePolicy = GarbagePolicy(), isDryRun: Bool = false) throws
        -> GarbageReport
    {
        try StoreLock.hold(folder, isExclusive: true) { try collect(policy, isDryRun: isDryRun) }
    }

    private func collect(_ policy: GarbagePolicy, isDryRun: Bool) throws -> GarbageReport {
        var report = GarbageReport()
        report.isDryRun = isDryRun
        var named: [Artifact] = []
        var left: Set<String> = []
        try RunStore.translate("cannot collect garbage") {
            try database.writeWithoutTransaction { db in
                try db.inTransaction {
                    report.runs = try Self.doomed(policy, db)
                    let ids = JSONValue.array(report.runs.map { .string($0) }).description
                    try db.execute(
                        sql: "DELETE FROM runs WHERE id IN (SELECT value FROM json_each(?))", arguments: [ids])
                    try db.execute(
                        sql: "DELETE FROM results WHERE id NOT IN (SELECT result FROM steps WHERE result IS NOT NULL)")
                    report.results = db.changesCount
                    named = try Row.fetchAll(db, sql: "SELECT * FROM artifacts GROUP BY kind, digest").map(
                        Artifact.init)
                    left = Set(try String.fetchAll(db, sql: "SELECT id FROM runs"))
                    return isDryRun ? .rollback : .commit
                }
            }
        }
        try sweep(named: named, runs: left, &report)
        return report
    }

    /// The runs that may go, the oldest first.
    private static func doomed(_ policy: GarbagePolicy, _ db: Database) throws -> [String] {
        let rows = try Row.fetchAll(db, sql: "SELECT * FROM runs ORDER BY created DESC, id DESC")
        let tagged = Set(
            try String.fetchAll(db, sql: "SELECT run FROM tags WHERE name = ?", arguments: [GarbagePolicy.keepTag]))
        var seen: [String: Int] = [:]
        var kept: [String] = []
        var doomed: Set<String> = []
        for run in try rows.map(RunRecord.init) {
            seen[run.flow, default: 0] += 1
            let isYoung = policy.youngerThan.map { now() - run.created < $0 } ?? false
            if seen[run.flow]! <= policy.keep || isYoung || run.state == .running || tagged.contains(run.id) {
                kept.append(run.id)
            } else {
                doomed.insert(run.id)
            }
        }
        // What a run that stays has taken from another is known of that other run: its trials, its log.
        while let run = kept.popLast() {
            let sql = "SELECT DISTINCT r.run FROM steps s JOIN results r ON r.id = s.result WHERE s.run = ?"
            for origin in try String.fetchAll(db, sql: sql, arguments: [run]) where doomed.remove(origin) != nil {
                kept.append(origin)
            }
        }
        return rows.reversed().map { $0["id"] }.filter(doomed.contains)
    }

    /// Removes the files that no artifact names, and what runs that are gone left in their folders.
    private func sweep(named: [Artifact], runs: Set<String>, _ report: inout GarbageReport) throws {
        var (objects, trees) = (Set(named.map(\.digest.hex)), Set<String>())
        for artifact in named where artifact.kind == .folder {
            trees.insert(artifact.digest.hex)
            // A manifest that is damaged names nothing any more; its step is repeated when it is needed.
            guard let manifest = try? artifacts.manifest(artifact.digest, name: artifact.name) else { continue }
            for file in manifest.files { objects.insert(file.digest.hex) }
        }
        for (part, wanted) in [("trees", trees), ("objects", objects)] {
            for first in (try? Folders.list("\(folder)/\(part)")) ?? [] {
                for rest in try Folders.list("\(folder)/\(part)/\(first)") where !wanted.contains(first + rest) {
                    let path = "\(folder)/\(part)/\(first)/\(rest)"
                    if part == "objects", let status = try? FileStatus(path) {
                        report.files += 1
                        report.bytes += status.size
                    }
                    if !report.isDryRun { try Folders.remove(path) }
                }
            }
        }
        for part in ["logs", "work"] {
            for run in (try? Folders.list("\(folder)/\(part)")) ?? [] where !runs.contains(run) {
                report.leftovers.append("\(folder)/\(part)/\(run)")
            }
        }
        if !report.isDryRun { for path in report.leftovers { try Folders.remove(path) } }
    }
}
