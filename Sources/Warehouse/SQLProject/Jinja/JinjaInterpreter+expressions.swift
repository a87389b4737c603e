import Core

extension JinjaInterpreter {
    /// The value of `expression`. An unknown name gives an undefined value, which only becomes a fault when used.
    func evaluate(_ expression: JinjaExpression, in scope: JinjaScope) throws -> JinjaValue {
        switch expression.kind {
        case .none: return .none
        case .bool(let value): return .bool(value)
        case .integer(let value): return .integer(value)
        case .real(let value): return .real(value)
        case .string(let value): return .string(value)
        case .name(let name): return scope.find(name) ?? .undefined(name)
        case .list(let elements, let isTuple):
            return .list(JinjaList(try elements.map { try evaluate($0, in: scope) }, isTuple: isTuple))
        case .mapping(let entries):
            return .mapping(
                JinjaMapping(try entries.map { (try evaluate($0.key, in: scope), try evaluate($0.value, in: scope)) }))
        case .attribute(let object, let name):
            let value = try evaluate(object, in: scope)
            return try attribute(name, of: value, called: Self.name(of: expression), at: expression.location, in: scope)
        case .subscripted(let object, let index):
            return try subscripted(
                evaluate(object, in: scope), evaluate(index, in: scope), at: expression.location, in: scope)
        case .slice(let object, let from, let to, let step):
            return try slice(expression, object, from, to, step, in: scope)
        case .call(let callee, let arguments):
            return try apply(
                evaluate(callee, in: scope), Self.name(of: callee), arguments, at: expression.location, in: scope)
        case .filter(let value, let name, let arguments):
            return try filter(
                name, evaluate(value, in: scope), call(name, arguments, at: expression.location, in: scope))
        case .test(let value, let name, let arguments, let isNegated):
            let result = try test(
                name, evaluate(value, in: scope), arguments.map { try evaluate($0, in: scope) },
                at: expression.location)
            return .bool(result != isNegated)
        case .negative(let operand): return try negated(evaluate(operand, in: scope), at: expression.location)
        case .positive(let operand): return try evaluate(operand, in: scope)
        case .not(let operand): return .bool(try !evaluate(operand, in: scope).isTrue)
        case .and(let left, let right):
            let value = try evaluate(left, in: scope)
            return value.isTrue ? try evaluate(right, in: scope) : value
        case .or(let left, let right):
            let value = try evaluate(left, in: scope)
            return value.isTrue ? value : try evaluate(right, in: scope)
        case .binary(let sign, let left, let right):
            return try binary(
                sign, evaluate(left, in: scope), evaluate(right, in: scope), at: expression.location, in: scope)
        case .comparison(let first, let rest):
            var left = try evaluate(first, in: scope)
            for (sign, rightExpression) in rest {
                let right = try evaluate(rightExpression, in: scope)
                if try !compare(left, sign, right, at: rightExpression.location) { return .bool(false) }
                left = right
            }
            return .bool(true)
        case .conditional(let value, let condition, let otherwise):
            if try evaluate(condition, in: scope).isTrue { return try evaluate(value, in: scope) }
            return try otherwise.map { try evaluate($0, in: scope) } ?? .string("")
        }
    }

    // MARK: - Attributes

    func attribute(
        _ name: String, of value: JinjaValue, called path: String, at location: SourceLocation, in scope: JinjaScope
    ) throws -> JinjaValue {
        switch value {
        case .undefined(let missing): throw unknown(missing, at: location, in: scope)
        case .object(let object):
            if let value = object.attribute(name) { return value }
            if object is JinjaNamespace { return .undefined(path) }
            throw fault(
                "\(value.kind) has no attribute '\(name)'",
                hint: nearest(to: name, among: object.attributeNames).map { "did you mean '\($0)'?" }
                    ?? (object.attributeNames.isEmpty
                        ? nil : "its attributes are \(object.attributeNames.joined(separator: ", "))"),
                at: location)
        case .mapping(let mapping):
            if let method = method(name, of: value) { return .function(method) }
            return mapping[name] ?? .undefined(path)
        default:
            if let method = method(name, of: value) { return .function(method) }
            return .undefined(path)
        }
    }

    private func subscripted(
        _ value: JinjaValue, _ index: JinjaValue, at location: SourceLocation, in scope: JinjaScope
    )
        throws -> JinjaValue
    {
        switch value {
        case .undefined(let name): throw unknown(name, at: location, in: scope)
        case .mapping(let mapping): return mapping[index] ?? .undefined("['\(index.text)']")
        case .object(let object):
            if case .string(let name) = index, let value = object.attribute(name) { return value }
            if let position = index.wholeNumber, let sequence = object as? any JinjaSequence {
                return element(sequence.elements, position)
            }
            return .undefined("\(object.text)['\(index.text)']")
        default:
            guard let position = index.wholeNumber, let elements = value.elements else {
                throw fault("\(value.kind) cannot be read at \(index.kind)", at: location)
            }
            return element(elements, position)
        }
    }

    private func element(_ elements: [JinjaValue], _ position: Int) -> JinjaValue {
        let index = position < 0 ? elements.count + position : position
        return elements.indices.contains(index) ? elements[index] : .undefined("element \(position)")
    }

    private func slice(
        _ expression: JinjaExpression, _ object: JinjaExpression, _ from: JinjaExpression?, _ to: JinjaExpression?,
        _ step: JinjaExpression?, in scope: JinjaScope
    ) throws -> JinjaValue {
        let value = try evaluate(object, in: scope)
        guard let elements = value.elements else {
            throw fault("\(value.kind) cannot be sliced", at: expression.location)
        }
        func bound(_ expression: JinjaExpression?) throws -> Int? {
            guard let expression else { return nil }
            let value = try evaluate(expression, in: scope)
            if case .none = value { return nil }
            guard let whole = value.wholeNumber else {
                throw fault("a slice needs whole numbers, found \(value.kind)", at: expression.location)
            }
            return whole
        }
        let stride = try bound(step) ?? 1
        guard stride != 0 else { throw fault("a slice's step cannot be 0", at: expression.location) }
        func place(_ bound: Int?, _ fallback: Int) -> Int {
            guard let bound else { return fallback }
            let index = bound < 0 ? elements.count + bound : bound
            return stride > 0 ? min(max(index, 0), elements.count) : min(max(index, -1), elements.count - 1)
        }
        let start = place(try bound(from), stride > 0 ? 0 : elements.count - 1)
        let end = place(try bound(to), stride > 0 ? elements.count : -1)
        let picked = Swift.stride(from: start, to: end, by: stride).map { elements[$0] }
        if case .string = value { return .string(picked.map(\.text).joined()) }
        return .list(JinjaList(picked))
    }

    // MARK: - Operators

    private func negated(_ value: JinjaValue, at location: SourceLocation) throws -> JinjaValue {
        switch value {
        case .integer(let whole): return .integer(0 &- whole)
        case .real(let real): return .real(-real)
        case .bool(let truth): return .integer(truth ? -1 : 0)
        default: throw fault("'-' needs a number, found \(value.kind)", at: location)
        }
    }

    private func compare(_ left: JinjaValue, _ sign: String, _ right: JinjaValue, at location: SourceLocation) throws
        -> Bool
    {
        switch sign {
        case "==": return left.equals(right)
        case "!=": return !left.equals(right)
        case "in", "not in":
            let isIn: Bool
            if case .string(let text) = right {
                isIn = left.text.isEmpty || text.contains(left.text)
            } else if case .mapping(let mapping) = right {
                isIn = mapping[left] != nil
            } else if let elements = right.elements {
                isIn = elements.contains { $0.equals(left) }
            } else {
                throw fault("'\(sign)' needs a list, a mapping or text on its right, found \(right.kind)", at: location)
            }
            return isIn == (sign == "in")
        default:
            guard let isLess = left.isLess(than: right), let isGreater = right.isLess(than: left) else {
                throw fault("\(left.kind) and \(right.kind) cannot be compared with '\(sign)'", at: location)
            }
            return switch sign {
            case "<": isLess
            case "<=": isLess || left.equals(right)
            case ">": isGreater
            default: isGreater || left.equals(right)
            }
        }
    }

    private func binary(
        _ sign: String, _ left: JinjaValue, _ right: JinjaValue, at location: SourceLocation, in scope: JinjaScope
    ) throws -> JinjaValue {
        for value in [left, right] {
            if case .undefined(let name) = value { throw unknown(name, at: location, in: scope) }
        }
        if sign == "~" { return .string(left.text + right.text) }
        switch (sign, left, right) {
        case ("+", .string(let a), .string(let b)): return .string(a + b)
        case ("+", .list(let a), .list(let b)): return .list(JinjaList(a.items + b.items, isTuple: a.isTuple))
        case ("*", .string(let text), .integer(let count)), ("*", .integer(let count), .string(let text)):
            guard count <= 100_000 else { throw fault("text cannot be repeated \(count) times", at: location) }
            return .string(String(repeating: text, count: max(0, count)))
        case ("%", .string(let format), _): return .string(try percent(format, right, at: location))
        default: break
        }
        if let a = left.wholeNumber, let b = right.wholeNumber, sign != "/" {
            return try whole(sign, a, b, at: location)
        }
        guard let a = left.number, let b = right.number else {
            throw fault(
                "'\(sign)' cannot work on \(left.kind) and \(right.kind)",
                hint: sign == "+" ? "'~' joins values of any kind as text" : nil, at: location)
        }
        if ["/", "//", "%"].contains(sign), b == 0 { throw fault("division by zero", at: location) }
        switch sign {
        case "+": return .real(a + b)
        case "-": return .real(a - b)
        case "*": return .real(a * b)
        case "/": return .real(a / b)
        case "//": return .real((a / b).rounded(.down))
        case "%": return .real(a - b * (a / b).rounded(.down))
        default: return .real(power(a, b))
        }
    }

    private func whole(_ sign: String, _ a: Int, _ b: Int, at location: SourceLocation) throws -> JinjaValue {
        var result: (partialValue: Int, overflow: Bool)
        switch sign {
        case "+": result = a.addingReportingOverflow(b)
        case "-": result = a.subtractingReportingOverflow(b)
        case "*": result = a.multipliedReportingOverflow(by: b)
        case "//", "%":
            guard b != 0 else { throw fault("division by zero", at: location) }
            guard b != -1 else {
                result = sign == "%" ? (0, false) : 0.subtractingReportingOverflow(a)
                break
            }
            // Rounds down, as Python does, not towards zero.
            let remainder = a % b
            let adjusts = remainder != 0 && (remainder < 0) != (b < 0)
            result = (sign == "%" ? remainder + (adjusts ? b : 0) : a / b - (adjusts ? 1 : 0), false)
        default:
            if b < 0 { return .real(power(Double(a), Double(b))) }
            result = (1, false)
            for _ in 0..<b {
                result = result.partialValue.multipliedReportingOverflow(by: a)
                if result.overflow || a == 1 || a == 0 { break }
            }
        }
        if result.overflow { throw fault("the number is too large", at: location) }
        return .integer(result.partialValue)
    }
}
