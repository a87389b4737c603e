import Core

/// A model's finished SELECT, and for each of its lines where it came from.
struct CompiledSQL: Sendable {
    var text: String
    var origins: [SourceLocation?]

    init(_ output: JinjaOutput) {
        // Blank lines and a semicolon at the ends would break `create table … as`; lines in front are dropped whole,
        // so that the origins still fit.
        var lines = output.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var origins = output.origins
        while lines.count > 1, lines[0].allSatisfy(\.isWhitespace) {
            lines.removeFirst()
            origins.removeFirst()
        }
        var text = lines.joined(separator: "\n")
        while let last = text.last, last.isWhitespace || last == ";" { text.removeLast() }
        self.text = text
        self.origins = origins
    }

    /// Puts common table expressions in front of the query.
    ///
    /// A query that begins with `with` gets them into its own list.
    mutating func prepend(expressions: [(name: String, query: CompiledSQL)]) {
        guard !expressions.isEmpty else { return }
        var lead: [(String, SourceLocation?)] = []
        for (index, expression) in expressions.enumerated() {
            lead.append(("\(index == 0 ? "with " : "")\(expression.name) as (", nil))
            let lines = expression.query.text.split(separator: "\n", omittingEmptySubsequences: false)
            for (line, text) in lines.enumerated() {
                lead.append(
                    (String(text), line < expression.query.origins.count ? expression.query.origins[line] : nil))
            }
            lead.append((index == expressions.count - 1 ? ")" : "),", nil))
        }
        let (comments, rest) = Self.leadingComments(of: text)
        var body = rest
        if let word = Self.firstWord(of: rest), word.lowercased() == "with" {
            lead[lead.count - 1].0 = "),"
            body = String(rest.dropFirst(4))
            if let next = Self.firstWord(of: body.trimmingBlanks()), next.lowercased() == "recursive" {
                lead[0].0 = "with recursive " + lead[0].0.dropFirst(5)
                body = String(body.trimmingBlanks().dropFirst(9))
            }
        }
        let commentLines = comments.filter { $0 == "\n" }.count
        text = comments + lead.map(\.0).joined(separator: "\n") + "\n" + body
        let own = origins
        origins = Array(own.prefix(commentLines)) + lead.map(\.1) + Array(own.dropFirst(commentLines))
    }

    /// Splits comments and blanks at the start of `text` off.
    private static func leadingComments(of text: String) -> (String, String) {
        var rest = text[...]
        while true {
            if let first = rest.first, first.isWhitespace {
                rest.removeFirst()
            } else if rest.hasPrefix("--") {
                rest = rest.firstIndex(of: "\n").map { rest[$0...] } ?? ""
            } else if rest.hasPrefix("/*"), let end = rest.ranges(of: "*/").first {
                rest = rest[end.upperBound...]
            } else {
                return (String(text[..<rest.startIndex]), String(rest))
            }
        }
    }

    private static func firstWord(of text: String) -> Substring? {
        let word = text.prefix { $0.isLetter || $0 == "_" }
        return word.isEmpty ? nil : word
    }
}
