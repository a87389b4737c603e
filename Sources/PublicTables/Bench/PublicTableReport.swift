import Core

/// Results as a table for people, in Markdown, row by row as they come.
public struct PublicTableReport: Sendable {
    private let table: PublicTable
    private let isValidationOnly: Bool

    /// Makes the report of one table.
    ///
    /// - Parameter isValidationOnly: whether the test rows are left alone, as ``PublicTableBench/isValidationOnly`` says.
    public init(_ table: PublicTable, isValidationOnly: Bool = false) {
        self.table = table
        self.isValidationOnly = isValidationOnly
    }

    /// The protocol, and the columns' headings.
    public var head: String {
        let rows = isValidationOnly ? "Measured on the rows that choose; the test rows were not looked at.\n" : ""
        let titles = ["model"] + table.metrics.map(\.title) + ["epochs", "seconds", "peak MB"]
        return """
            \(table.rawValue): \(table.protocolText)
            \(rows)
            | \(titles.joined(separator: " | ")) |
            |\(titles.map { _ in "---" }.joined(separator: "|"))|
            """
    }

    /// One model's row.
    public func row(_ result: PublicTableResult) -> String {
        let values = isValidationOnly ? result.validation : result.test
        let metrics = table.metrics.map { values[$0.key].map { Self.text($0, decimals: 4) } ?? "–" }
        let rest = [
            "\(result.epochs)", Self.text(result.seconds, decimals: 1),
            "\(result.peakMemoryBytes / 1_000_000)",
        ]
        return "| \(([result.model] + metrics + rest).joined(separator: " | ")) |"
    }

    /// The row of a model that could not be trained.
    public func row(_ model: String, failed error: any Error) -> String {
        let message = (error as? MartletError)?.message ?? "\(error)"
        return "| \(model) | \(table.metrics.map { _ in "–" }.joined(separator: " | ")) | – | – | \(message) |"
    }

    /// What stands below the rows.
    public func foot(_ results: [PublicTableResult]) -> String {
        guard let first = results.first else { return "" }
        let notes = Set(results.flatMap(\.notes)).sorted().map { "\n\($0)" }.joined()
        return "\(first.users) users judged; seed \(first.seed), \(first.threads) threads.\(notes)"
    }

    private static func text(_ value: Double, decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
        let whole = Int((value * Double(scale)).rounded())
        let digits = String(whole % scale)
        return "\(whole / scale).\(String(repeating: "0", count: decimals - digits.count))\(digits)"
    }
}
