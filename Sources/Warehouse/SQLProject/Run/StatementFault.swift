import Core
import Foundation

/// Finds the place in a model that a database's error points at.
struct StatementFault {
    let compiled: CompiledSQL
    /// How many lines of the statement stand before the compiled text.
    let lead: Int
    /// Where the fault is said to be if the database names no line.
    let place: SourceLocation

    /// The database's error with the place in the model, the line of the compiled text and its words.
    func explain(_ error: any Error, _ what: String) -> MartletError {
        let cause = error as? MartletError
        let words = cause?.message ?? "\(error)"
        let code = cause?.code ?? .invalidData
        guard let line = Self.line(in: "\(error)").map({ $0 - lead }), line >= 1,
            line <= compiled.text.split(separator: "\n", omittingEmptySubsequences: false).count
        else {
            return MartletError(code, "the warehouse refused \(what): \(words)", hint: cause?.hint, at: place)
        }
        let lines = compiled.text.split(separator: "\n", omittingEmptySubsequences: false)
        let text = String(lines[line - 1]).trimmingBlanks()
        // A line nobody owns lies under the last one somebody wrote.
        let origin = compiled.origins.prefix(line).compactMap(\.self).last
        return MartletError(
            code, "the warehouse refused \(what) in line \(line) of its compiled SQL, '\(text)': \(words)",
            hint: cause?.hint, at: origin ?? place)
    }

    /// The line a database names: `LINE 4:` (DuckDB, PostgreSQL) or `error line 4 at position 7` (Snowflake).
    static func line(in message: String) -> Int? {
        for marker in ["LINE ", "line "] {
            for range in message.ranges(of: marker) {
                let digits = message[range.upperBound...].prefix { $0.isNumber }
                let rest = message[range.upperBound...].dropFirst(digits.count)
                if let line = Int(digits), rest.hasPrefix(":") || rest.hasPrefix(" at position") { return line }
            }
        }
        return nil
    }
}
