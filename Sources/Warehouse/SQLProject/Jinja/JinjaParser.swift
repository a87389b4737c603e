import Core

/// Builds a template's statements from its tokens by recursive descent.
struct JinjaParser {
    private let tokens: [JinjaToken]
    private var index = 0
    private var depth = 0

    /// How deeply expressions and blocks may nest.
    static let maximalDepth = 120

    /// The statements of `text`; `file` is what locations call it.
    ///
    /// - Throws: `invalidConfiguration` with the place of the fault.
    static func statements(of text: String, file: String) throws -> [JinjaStatement] {
        var parser = JinjaParser(tokens: try JinjaLexer.tokens(of: text, file: file))
        return try parser.body(until: [], opener: nil).statements
    }

    private init(tokens: [JinjaToken]) { self.tokens = tokens }

    // MARK: - Tokens

    var token: JinjaToken { tokens[index] }

    mutating func take() -> JinjaToken {
        let token = tokens[index]
        if index + 1 < tokens.count { index += 1 }
        return token
    }

    func peek(_ offset: Int) -> JinjaToken.Kind { tokens[min(index + offset, tokens.count - 1)].kind }

    mutating func takeSign(_ sign: String) -> Bool {
        guard case .sign(sign) = token.kind else { return false }
        index += 1
        return true
    }

    mutating func takeWord(_ word: String) -> Bool {
        guard case .name(word) = token.kind else { return false }
        index += 1
        return true
    }

    mutating func expectSign(_ sign: String, after what: String) throws {
        if takeSign(sign) { return }
        throw fault("expected '\(sign)' after \(what), found \(token.kind.description)")
    }

    mutating func expectName(_ what: String) throws -> String {
        guard case .name(let name) = token.kind else {
            throw fault("expected \(what), found \(token.kind.description)")
        }
        index += 1
        return name
    }

    func fault(_ message: String, hint: String? = nil, at location: SourceLocation? = nil) -> MartletError {
        MartletError(.invalidConfiguration, message, hint: hint, at: location ?? token.location)
    }

    mutating func nested<Result>(_ work: (inout JinjaParser) throws -> Result) throws -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximalDepth else {
            throw fault("this nests more than \(Self.maximalDepth) deep", hint: "cut it into macros or variables")
        }
        return try work(&self)
    }

    // MARK: - Blocks

    /// Statements up to one of the words in `ends`, whose tag has been read up to the word itself.
    private mutating func body(
        until ends: [String], opener: (word: String, location: SourceLocation)?
    ) throws -> (statements: [JinjaStatement], end: String) {
        var statements: [JinjaStatement] = []
        while true {
            let token = take()
            switch token.kind {
            case .text(let text): statements.append(.text(text, token.location))
            case .outputBegin:
                let value = try expression()
                guard case .outputEnd = self.token.kind else {
                    throw fault("expected '}}' after the expression, found \(self.token.kind.description)")
                }
                index += 1
                statements.append(.output(value))
            case .statementBegin:
                let place = self.token.location
                let word = try expectName("a statement such as 'if', 'for', 'set' or 'macro'")
                if ends.contains(word) { return (statements, word) }
                if let statement = try nested({ try $0.statement(word, at: place, ends: ends) }) {
                    statements.append(statement)
                }
            case .end:
                if let opener {
                    throw fault(
                        "this '\(opener.word)' is never closed", hint: "end it with '{% end\(opener.word) %}'",
                        at: opener.location)
                }
                return (statements, "")
            default: throw fault("found \(token.kind.description) outside a tag", at: token.location)
            }
        }
    }

    private mutating func endTag(after what: String) throws {
        guard case .statementEnd = token.kind else {
            throw fault("expected '%}' after \(what), found \(token.kind.description)")
        }
        index += 1
    }

    private static let words = [
        "if", "elif", "else", "endif", "for", "endfor", "set", "endset", "macro", "endmacro", "call", "endcall", "do",
        "raw", "endraw", "test", "endtest",
    ]

    private mutating func statement(_ word: String, at place: SourceLocation, ends: [String]) throws -> JinjaStatement?
    {
        switch word {
        case "if": return try branch(at: place)
        case "for": return try loop(at: place)
        case "set": return try set(at: place)
        case "macro": return .macro(try macro(prefix: "", end: "endmacro", opener: ("macro", place)))
        case "test", "data_test":
            return .macro(try macro(prefix: "test_", end: "end" + word, opener: (word, place)))
        case "call": return try call(at: place)
        case "do":
            let value = try expression()
            try endTag(after: "the expression")
            return .run(value)
        case "docs", "materialization", "snapshot", "include", "import", "from", "extends", "block":
            throw fault(
                "the statement '\(word)' is not supported here",
                hint: "projects are built from ref, source, macros, if, for, set, call and do", at: place)
        default:
            let expected =
                ends.isEmpty ? "" : "; open blocks end with \(ends.map { "'\($0)'" }.joined(separator: " or "))"
            throw fault(
                "unknown statement '\(word)'\(expected)",
                hint: nearest(to: word, among: Self.words).flatMap { $0 == word ? nil : "did you mean '\($0)'?" },
                at: place)
        }
    }

    private mutating func branch(at place: SourceLocation) throws -> JinjaStatement {
        var branches: [(condition: JinjaExpression, body: [JinjaStatement])] = []
        var otherwise: [JinjaStatement] = []
        var word = "if"
        while word != "endif" {
            if word == "else" {
                try endTag(after: "'else'")
                otherwise = try body(until: ["endif"], opener: ("if", place)).statements
                word = "endif"
            } else {
                let condition = try expression()
                try endTag(after: "the condition")
                let (statements, end) = try body(until: ["elif", "else", "endif"], opener: ("if", place))
                branches.append((condition, statements))
                word = end
            }
        }
        try endTag(after: "'endif'")
        return .branch(branches, otherwise: otherwise)
    }

    private mutating func loop(at place: SourceLocation) throws -> JinjaStatement {
        var targets: [String] = []
        let bracketed = takeSign("(")
        repeat { targets.append(try expectName("a loop variable")) } while takeSign(",")
        if bracketed { try expectSign(")", after: "the loop variables") }
        guard takeWord("in") else {
            throw fault("expected 'in' after the loop variable, found \(token.kind.description)")
        }
        let sequence = try expression(isConditional: false)
        let condition = takeWord("if") ? try expression() : nil
        try endTag(after: "the loop's sequence")
        var (statements, end) = try body(until: ["else", "endfor"], opener: ("for", place))
        var otherwise: [JinjaStatement] = []
        if end == "else" {
            try endTag(after: "'else'")
            (otherwise, end) = try body(until: ["endfor"], opener: ("for", place))
        }
        try endTag(after: "'endfor'")
        return .loop(
            targets: targets, sequence: sequence, condition: condition, body: statements, otherwise: otherwise, place)
    }

    private mutating func set(at place: SourceLocation) throws -> JinjaStatement {
        var targets: [JinjaExpression] = []
        repeat {
            let location = token.location
            var target = JinjaExpression(kind: .name(try expectName("a variable's name")), location: location)
            if takeSign(".") {
                target = JinjaExpression(kind: .attribute(target, try expectName("an attribute")), location: location)
            }
            targets.append(target)
        } while takeSign(",")
        if takeSign("=") {
            var value = try expression()
            if case .sign(",") = token.kind {
                var values = [value]
                while takeSign(",") { values.append(try expression()) }
                value = JinjaExpression(kind: .list(values, isTuple: true), location: value.location)
            }
            try endTag(after: "the value")
            return .set(targets: targets, value: value)
        }
        guard targets.count == 1, case .name(let name) = targets[0].kind else {
            throw fault("expected '=' after the variable's name, found \(token.kind.description)")
        }
        var filters: [(name: String, arguments: [JinjaArgument])] = []
        while takeSign("|") {
            let filter = try expectName("a filter's name")
            filters.append((filter, takeSign("(") ? try arguments() : []))
        }
        try endTag(after: "the variable's name")
        let content = try body(until: ["endset"], opener: ("set", place)).statements
        try endTag(after: "'endset'")
        return .setBlock(target: name, filters: filters, body: content, place)
    }

    private mutating func macro(prefix: String, end: String, opener: (word: String, location: SourceLocation)) throws
        -> JinjaMacro
    {
        let name = prefix + (try expectName("the macro's name"))
        try expectSign("(", after: "the macro's name")
        let parameters = try self.parameters()
        try endTag(after: "the macro's parameters")
        let content = try body(until: [end], opener: opener).statements
        try endTag(after: "'\(end)'")
        return JinjaMacro(name: name, parameters: parameters, body: content, location: opener.location)
    }

    private mutating func parameters() throws -> [JinjaParameter] {
        var parameters: [JinjaParameter] = []
        while !takeSign(")") {
            let name = try expectName("a parameter's name or ')'")
            guard !parameters.contains(where: { $0.name == name }) else {
                throw fault("the parameter '\(name)' stands twice", at: tokens[index - 1].location)
            }
            parameters.append(JinjaParameter(name: name, defaultValue: takeSign("=") ? try expression() : nil))
            if takeSign(")") { break }
            try expectSign(",", after: "the parameter '\(name)'")
        }
        return parameters
    }

    private mutating func call(at place: SourceLocation) throws -> JinjaStatement {
        let parameters = takeSign("(") ? try self.parameters() : []
        let call = try expression()
        guard case .call = call.kind else {
            throw fault("expected a call such as 'macro_name()' after 'call'", at: call.location)
        }
        try endTag(after: "the call")
        let content = try body(until: ["endcall"], opener: ("call", place)).statements
        try endTag(after: "'endcall'")
        return .callBlock(
            JinjaMacro(name: "caller", parameters: parameters, body: content, location: place), call: call)
    }
}
