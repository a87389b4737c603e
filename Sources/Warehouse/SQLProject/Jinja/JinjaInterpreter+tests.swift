import Core

extension JinjaInterpreter {
    static let testNames = [
        "boolean", "callable", "defined", "divisibleby", "eq", "equalto", "even", "false", "float", "ge", "greaterthan",
        "gt", "in", "integer", "iterable", "le", "lessthan", "lower", "lt", "mapping", "ne", "none", "number", "odd",
        "sameas", "sequence", "string", "true", "undefined", "upper",
    ]

    /// `value is name(arguments)`.
    func test(_ name: String, _ value: JinjaValue, _ arguments: [JinjaValue], at location: SourceLocation) throws
        -> Bool
    {
        func operand() throws -> JinjaValue {
            guard let first = arguments.first else { throw fault("the test '\(name)' needs a value", at: location) }
            return first
        }
        func whole() throws -> Int {
            guard let whole = value.wholeNumber else {
                throw fault("the test '\(name)' needs a whole number, found \(value.kind)", at: location)
            }
            return whole
        }
        func order(_ left: JinjaValue, _ right: JinjaValue) throws -> Bool {
            guard let isLess = left.isLess(than: right) else {
                throw fault("\(left.kind) and \(right.kind) have no order", at: location)
            }
            return isLess
        }
        switch name {
        case "defined": return value.isDefined
        case "undefined": return !value.isDefined
        case "none": if case .none = value { return true } else { return false }
        case "string": return value.string != nil
        case "boolean": if case .bool = value { return true } else { return false }
        case "true": if case .bool(true) = value { return true } else { return false }
        case "false": if case .bool(false) = value { return true } else { return false }
        case "integer": if case .integer = value { return true } else { return false }
        case "float": if case .real = value { return true } else { return false }
        case "number": return value.number != nil
        case "mapping": if case .mapping = value { return true } else { return false }
        case "iterable", "sequence": return value.elements != nil
        case "callable":
            switch value {
            case .function: return true
            case .object(let object): return object.callable != nil
            default: return false
            }
        case "even": return try whole() % 2 == 0
        case "odd": return try whole() % 2 != 0
        case "divisibleby":
            guard let divisor = try operand().wholeNumber, divisor != 0 else {
                throw fault("'divisibleby' needs a whole number that is not 0", at: location)
            }
            return try whole() % divisor == 0
        case "eq", "equalto", "sameas": return value.equals(try operand())
        case "ne": return !value.equals(try operand())
        case "lt", "lessthan": return try order(value, operand())
        case "gt", "greaterthan": return try order(operand(), value)
        case "le": return try value.equals(operand()) || order(value, operand())
        case "ge": return try value.equals(operand()) || order(operand(), value)
        case "in":
            if case .string(let text) = try operand() { return text.contains(value.text) }
            return try operand().elements?.contains { $0.equals(value) } ?? false
        case "lower": return value.text == value.text.lowercased()
        case "upper": return value.text == value.text.uppercased()
        default:
            throw fault(
                "there is no test '\(name)'",
                hint: nearest(to: name, among: Self.testNames).map { "did you mean '\($0)'?" }, at: location)
        }
    }
}
