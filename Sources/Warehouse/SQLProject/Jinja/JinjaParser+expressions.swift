import Core

extension JinjaParser {
    /// An expression; `isConditional` allows `a if b else c`, which a loop's sequence may not be.
    mutating func expression(isConditional: Bool = true) throws -> JinjaExpression {
        try nested { parser in
            let value = try parser.or()
            guard isConditional, parser.takeWord("if") else { return value }
            let condition = try parser.or()
            let otherwise = parser.takeWord("else") ? try parser.expression() : nil
            return JinjaExpression(
                kind: .conditional(value, condition: condition, otherwise: otherwise), location: value.location)
        }
    }

    private mutating func or() throws -> JinjaExpression {
        var left = try and()
        while takeWord("or") {
            left = JinjaExpression(kind: .or(left, try and()), location: left.location)
        }
        return left
    }

    private mutating func and() throws -> JinjaExpression {
        var left = try not()
        while takeWord("and") {
            left = JinjaExpression(kind: .and(left, try not()), location: left.location)
        }
        return left
    }

    private mutating func not() throws -> JinjaExpression {
        let location = token.location
        guard takeWord("not") else { return try comparison() }
        return try nested { JinjaExpression(kind: .not(try $0.not()), location: location) }
    }

    private mutating func comparison() throws -> JinjaExpression {
        let left = try sum()
        var rest: [(sign: String, right: JinjaExpression)] = []
        while true {
            if case .sign(let sign) = token.kind, ["==", "!=", "<", "<=", ">", ">="].contains(sign) {
                _ = take()
                rest.append((sign, try sum()))
            } else if takeWord("in") {
                rest.append(("in", try sum()))
            } else if case .name("not") = token.kind, case .name("in") = peek(1) {
                _ = take()
                _ = take()
                rest.append(("not in", try sum()))
            } else {
                return rest.isEmpty ? left : JinjaExpression(kind: .comparison(left, rest), location: left.location)
            }
        }
    }

    private mutating func sum() throws -> JinjaExpression {
        var left = try concatenation()
        while case .sign(let sign) = token.kind, sign == "+" || sign == "-" {
            _ = take()
            left = JinjaExpression(kind: .binary(sign, left, try concatenation()), location: left.location)
        }
        return left
    }

    private mutating func concatenation() throws -> JinjaExpression {
        var left = try product()
        while takeSign("~") {
            left = JinjaExpression(kind: .binary("~", left, try product()), location: left.location)
        }
        return left
    }

    private mutating func product() throws -> JinjaExpression {
        var left = try unary()
        while case .sign(let sign) = token.kind, ["*", "/", "//", "%"].contains(sign) {
            _ = take()
            left = JinjaExpression(kind: .binary(sign, left, try unary()), location: left.location)
        }
        return left
    }

    private mutating func unary() throws -> JinjaExpression {
        let location = token.location
        if takeSign("-") {
            return try filters(nested { JinjaExpression(kind: .negative(try $0.unaryOperand()), location: location) })
        }
        if takeSign("+") {
            return try filters(nested { JinjaExpression(kind: .positive(try $0.unaryOperand()), location: location) })
        }
        return try filters(power())
    }

    private mutating func unaryOperand() throws -> JinjaExpression {
        let location = token.location
        if takeSign("-") {
            return try nested { JinjaExpression(kind: .negative(try $0.unaryOperand()), location: location) }
        }
        return try power()
    }

    private mutating func power() throws -> JinjaExpression {
        let base = try postfix(primary())
        guard takeSign("**") else { return base }
        return try nested { JinjaExpression(kind: .binary("**", base, try $0.unaryOperand()), location: base.location) }
    }

    // MARK: - Filters, tests, attributes, calls

    private mutating func filters(_ value: JinjaExpression) throws -> JinjaExpression {
        var value = value
        while true {
            let location = token.location
            if takeSign("|") {
                let name = try expectName("a filter's name")
                let arguments = takeSign("(") ? try self.arguments() : []
                value = JinjaExpression(kind: .filter(value, name, arguments), location: location)
                value = try postfix(value)
            } else if takeWord("is") {
                let isNegated = takeWord("not")
                let name = try expectName("a test's name after 'is'")
                value = JinjaExpression(
                    kind: .test(value, name, try testArguments(), isNegated: isNegated), location: location)
            } else {
                return value
            }
        }
    }

    private mutating func testArguments() throws -> [JinjaExpression] {
        if takeSign("(") { return try arguments().map(\.value) }
        switch token.kind {
        case .string, .integer, .real: return [try postfix(primary())]
        case .name(let name) where !["and", "or", "not", "if", "else", "is", "in", "recursive"].contains(name):
            return [try postfix(primary())]
        case .sign("["), .sign("{"): return [try primary()]
        default: return []
        }
    }

    private mutating func postfix(_ value: JinjaExpression) throws -> JinjaExpression {
        var value = value
        while true {
            let location = token.location
            if takeSign(".") {
                if case .integer(let position) = token.kind {
                    _ = take()
                    let index = JinjaExpression(kind: .integer(position), location: location)
                    value = JinjaExpression(kind: .subscripted(value, index), location: location)
                } else {
                    value = JinjaExpression(
                        kind: .attribute(value, try expectName("an attribute's name after '.'")),
                        location: value.location)
                }
            } else if takeSign("(") {
                value = JinjaExpression(kind: .call(value, try arguments()), location: value.location)
            } else if takeSign("[") {
                value = try subscripted(value, at: location)
            } else {
                return value
            }
        }
    }

    private mutating func subscripted(_ value: JinjaExpression, at location: SourceLocation) throws -> JinjaExpression {
        func isEnd(_ parser: JinjaParser) -> Bool {
            if case .sign(let sign) = parser.token.kind { sign == ":" || sign == "]" } else { false }
        }
        let from = isEnd(self) ? nil : try expression()
        if let from, takeSign("]") { return JinjaExpression(kind: .subscripted(value, from), location: location) }
        try expectSign(":", after: "the index")
        let to = isEnd(self) ? nil : try expression()
        let step = takeSign(":") && !isEnd(self) ? try expression() : nil
        try expectSign("]", after: "the slice")
        return JinjaExpression(kind: .slice(value, from: from, to: to, step: step), location: location)
    }

    /// Arguments up to the closing bracket; the opening one has been read.
    mutating func arguments() throws -> [JinjaArgument] {
        var arguments: [JinjaArgument] = []
        while !takeSign(")") {
            if takeSign("**") {
                arguments.append(JinjaArgument(name: nil, value: try expression(), spread: .mapping))
            } else if takeSign("*") {
                arguments.append(JinjaArgument(name: nil, value: try expression(), spread: .list))
            } else if case .name(let name) = token.kind, case .sign("=") = peek(1) {
                _ = take()
                _ = take()
                arguments.append(JinjaArgument(name: name, value: try expression()))
            } else {
                if arguments.last?.name != nil {
                    throw fault("an argument by position cannot follow one by name")
                }
                arguments.append(JinjaArgument(name: nil, value: try expression()))
            }
            if takeSign(")") { break }
            guard takeSign(",") else {
                throw fault("expected ',' or ')' after the argument, found \(token.kind.description)")
            }
        }
        return arguments
    }

    // MARK: - Primary

    private mutating func primary() throws -> JinjaExpression {
        let token = take()
        let location = token.location
        switch token.kind {
        case .string(var text):
            // Neighbouring texts are one.
            while case .string(let more) = self.token.kind {
                text += more
                _ = take()
            }
            return JinjaExpression(kind: .string(text), location: location)
        case .integer(let value): return JinjaExpression(kind: .integer(value), location: location)
        case .real(let value): return JinjaExpression(kind: .real(value), location: location)
        case .name("true"), .name("True"): return JinjaExpression(kind: .bool(true), location: location)
        case .name("false"), .name("False"): return JinjaExpression(kind: .bool(false), location: location)
        case .name("none"), .name("None"): return JinjaExpression(kind: .none, location: location)
        case .name(let name): return JinjaExpression(kind: .name(name), location: location)
        case .sign("["):
            return JinjaExpression(kind: .list(try elements(until: "]"), isTuple: false), location: location)
        case .sign("("): return try bracketed(at: location)
        case .sign("{"): return try mapping(at: location)
        default:
            throw fault("expected a value, found \(token.kind.description)", at: location)
        }
    }

    private mutating func elements(until end: String) throws -> [JinjaExpression] {
        var elements: [JinjaExpression] = []
        while !takeSign(end) {
            elements.append(try expression())
            if takeSign(end) { break }
            guard takeSign(",") else {
                throw fault("expected ',' or '\(end)' after the element, found \(token.kind.description)")
            }
        }
        return elements
    }

    private mutating func bracketed(at location: SourceLocation) throws -> JinjaExpression {
        if takeSign(")") { return JinjaExpression(kind: .list([], isTuple: true), location: location) }
        let first = try expression()
        if takeSign(")") { return first }
        guard takeSign(",") else {
            throw fault("expected ')' after the expression, found \(token.kind.description)")
        }
        return JinjaExpression(kind: .list([first] + (try elements(until: ")")), isTuple: true), location: location)
    }

    private mutating func mapping(at location: SourceLocation) throws -> JinjaExpression {
        var entries: [(key: JinjaExpression, value: JinjaExpression)] = []
        while !takeSign("}") {
            let key = try expression()
            try expectSign(":", after: "the key")
            entries.append((key, try expression()))
            if takeSign("}") { break }
            guard takeSign(",") else {
                throw fault("expected ',' or '}' after the entry, found \(token.kind.description)")
            }
        }
        return JinjaExpression(kind: .mapping(entries), location: location)
    }
}
