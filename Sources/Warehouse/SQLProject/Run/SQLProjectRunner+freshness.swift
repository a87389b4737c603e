import Core
import Foundation

extension SQLProjectRunner {
    /// How old the newest row of each selected source is, against what its declaration allows.
    ///
    /// - Parameter select: which sources, in dbt's notation; empty for all that have a limit.
    /// - Throws: as ``build(select:exclude:isFullRefresh:)``.
    public func freshness(select: [String] = []) throws -> TransformReport {
        let selection = try project.select(select)
        let start = ContinuousClock.now
        var report = TransformReport()
        let connection = try connect()
        for source in project.sources where selection.sources.contains(source.node) {
            guard let freshness = source.freshness, freshness.loadedAt != nil || freshness.loadedAtQuery != nil else {
                continue
            }
            report.sources.append(check(source, freshness, connection))
        }
        report.seconds = start.duration(to: .now).seconds
        return report
    }

    private func check(_ source: SQLSource, _ freshness: SQLSource.Freshness, _ connection: any SQLConnection)
        -> TransformReport.Source
    {
        var result = TransformReport.Source(name: source.node.description, status: .ok)
        do {
            guard let newest = try newest(source, freshness, connection) else {
                result.status = freshness.errorAfter == nil ? .warn : .error
                result.message = "\(source.location): the source '\(source.node)' holds no rows"
                return result
            }
            let age = Date().timeIntervalSince1970 - newest
            result.age = age
            if let limit = freshness.errorAfter, age > limit {
                result.status = .error
            } else if let limit = freshness.warnAfter, age > limit {
                result.status = .warn
            }
            if result.status != .ok {
                let limit = result.status == .error ? freshness.errorAfter! : freshness.warnAfter!
                result.message =
                    "\(source.location): the newest row of '\(source.node)' is \(Self.describe(age)) old, "
                    + "and \(Self.describe(limit)) is allowed"
            }
        } catch {
            result.status = .error
            result.message = "\(source.location): the age of '\(source.node)' could not be read: \(error)"
        }
        return result
    }

    /// Seconds since 1970 of the newest row, or nil if there is none.
    private func newest(_ source: SQLSource, _ freshness: SQLSource.Freshness, _ connection: any SQLConnection) throws
        -> Double?
    {
        let context = ProjectContext(
            project, session: ProjectContext.Session(connection: connection, note: progress.note))
        let query: String
        if let own = freshness.loadedAtQuery {
            query = "select (\(try context.render(text: own, at: source.location))) as newest"
        } else {
            let relation = try project.relation(of: source.node, at: source.location)
            let condition = try freshness.filter.map { try context.render(text: $0, at: source.location) }
            query =
                "select max(\(freshness.loadedAt!)) as newest from \(relation.text)"
                + (condition.map { " where \($0)" } ?? "")
        }
        // Seconds since 1970 in every database, whether the column is a date or a timestamp.
        let seconds = "extract(epoch from cast(newest as timestamp))"
        let value = try connection.value("select cast(\(seconds) as double precision) from (\(query)) dbt_freshness")
        return value?.number
    }

    private static func describe(_ seconds: Double) -> String {
        let units: [(String, Double)] = [("day", 86_400), ("hour", 3600), ("minute", 60)]
        for (name, length) in units where seconds >= length {
            let count = Int(seconds / length)
            return "\(count) \(name)\(count == 1 ? "" : "s")"
        }
        return "\(Int(seconds)) seconds"
    }
}
