import Core

/// One piece of a template: text between the tags, or a word, number, text or sign inside one.
struct JinjaToken: Sendable {
    /// What the piece is.
    enum Kind: Hashable, Sendable {
        case text(String)
        case outputBegin, outputEnd
        case statementBegin, statementEnd
        case name(String)
        case string(String)
        case integer(Int)
        case real(Double)
        case sign(String)
        case end

        /// How an error message calls the piece.
        var description: String {
            switch self {
            case .text: "text"
            case .outputBegin: "'{{'"
            case .outputEnd: "'}}'"
            case .statementBegin: "'{%'"
            case .statementEnd: "'%}'"
            case .name(let name): "'\(name)'"
            case .string(let text): "the text '\(text)'"
            case .integer(let value): "\(value)"
            case .real(let value): "\(value)"
            case .sign(let sign): "'\(sign)'"
            case .end: "the end of the file"
            }
        }
    }

    var kind: Kind
    var location: SourceLocation
}
