import ArgumentParser
import Core
import Flow
import Foundation
import Project

/// `martlet runs`
struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the project's runs and what they left; compare, tag, resume and clear them away.",
        discussion: """
            Example: martlet runs
                     martlet runs 20261123-0117-ab12
                     martlet runs compare --where 'kind=two-tower' --sort 'max(validation/recall@12)'
                     martlet runs gc --keep 5 --dry-run
            """,
        subcommands: [
            RunsShow.self, RunsDiff.self, RunsArtifacts.self, RunsLogs.self, RunsResume.self, RunsTag.self,
            RunsCollect.self, RunsMetrics.self, RunsCompare.self, RunsExport.self,
        ],
        defaultSubcommand: RunsShow.self)

    /// The runs of a project.
    static func store(_ options: ProjectOptions) throws -> RunStore {
        try ShopRunner(ProjectRunner.configuration(ProjectRunner.trimmed(options.project)).project).store
    }

    /// A moment as people read it, in UTC: `2026-11-24 16:05`.
    static func moment(_ seconds: Double?) -> String {
        guard let seconds else { return "–" }
        return Date(timeIntervalSince1970: seconds).formatted(
            .iso8601.year().month().day().dateSeparator(.dash).time(includingFractionalSeconds: false)
                .timeSeparator(.colon).dateTimeSeparator(.space))
    }

    /// A table with aligned columns.
    static func table(_ rows: [[String]]) -> String {
        let widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
            }
            return line + "\n"
        }.joined()
    }

    /// A number with five digits that count.
    static func short(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e9 { return "\(Int(value))" }
        guard value.isFinite, value != 0 else { return "\(value)" }
        var scale = 1.0
        while abs(value) * scale < 10_000, scale < 1e9 { scale *= 10 }
        return "\((value * scale).rounded() / scale)"
    }
}
