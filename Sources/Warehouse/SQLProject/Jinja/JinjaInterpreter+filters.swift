import Core
import Foundation

extension JinjaInterpreter {
    static let filterNames = [
        "abs", "as_bool", "as_native", "as_number", "as_text", "batch", "capitalize", "count", "d", "default",
        "dictsort", "e", "escape", "first", "float", "format", "indent", "int", "items", "join", "last", "length",
        "list", "lower", "ltrim", "map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "safe",
        "select", "selectattr", "sort", "string", "sum", "title", "tojson", "trim", "unique", "upper",
    ]

    func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

    /// `value | name(arguments)`.
    func filter(_ name: String, _ value: JinjaValue, _ arguments: JinjaCall) throws -> JinjaValue {
        var call = arguments
        if case .undefined(let missing) = value, !["default", "d"].contains(name) {
            throw unknown(missing, at: call.location, in: globals)
        }
        switch name {
        case "default", "d":
            let fallback = call.argument("default_value") ?? .string("")
            let alsoFalse = call.argument("boolean")?.isTrue ?? false
            return value.isDefined && (!alsoFalse || value.isTrue) ? value : fallback
        case "upper": return .string(value.text.uppercased())
        case "lower": return .string(value.text.lowercased())
        case "capitalize": return .string(value.text.prefix(1).uppercased() + value.text.dropFirst().lowercased())
        case "title": return .string(titled(value.text))
        case "trim":
            let signs = call.argument("chars")?.text
            return .string(trimmed(value.text, signs: signs, atStart: true, atEnd: true))
        case "replace":
            let old = try call.required("old").text
            return .string(value.text.replacing(old, with: try call.required("new").text))
        case "string", "as_text", "safe", "e", "escape": return .string(value.text)
        case "as_native": return value
        case "as_bool":
            if let truth = ["true": true, "false": false][value.text.lowercased()] { return .bool(truth) }
            throw call.fault("'\(value.text)' is neither true nor false")
        case "as_number":
            if let number = Int(value.text).map(JinjaValue.integer) ?? Double(value.text).map(JinjaValue.real) {
                return number
            }
            throw call.fault("'\(value.text)' is not a number")
        case "length", "count":
            guard let elements = value.elements else { throw call.fault("\(value.kind) has no length") }
            return .integer(elements.count)
        case "int":
            if let whole = value.wholeNumber { return .integer(whole) }
            if case .real(let real) = value {
                return Int(exactly: real.rounded(.towardZero)).map(JinjaValue.integer) ?? .integer(0)
            }
            let text = trimmed(value.text, signs: nil, atStart: true, atEnd: true)
            let real = Double(text).flatMap { Int(exactly: $0.rounded(.towardZero)) }
            return Int(text).map(JinjaValue.integer) ?? real.map(JinjaValue.integer) ?? call.argument("default")
                ?? .integer(0)
        case "float":
            let number = value.number ?? Double(trimmed(value.text, signs: nil, atStart: true, atEnd: true))
            return number.map(JinjaValue.real) ?? call.argument("default") ?? .real(0)
        case "abs":
            if let whole = value.wholeNumber { return .integer(Int(whole.magnitude)) }
            guard let number = value.number else { throw call.fault("'abs' needs a number, found \(value.kind)") }
            return .real(Swift.abs(number))
        case "round":
            guard let number = value.number else { throw call.fault("'round' needs a number, found \(value.kind)") }
            let scale = pow(10, Double(call.argument("precision")?.wholeNumber ?? 0))
            let method = call.argument("method")?.text ?? "common"
            let rule: FloatingPointRoundingRule =
                method == "floor" ? .down : method == "ceil" ? .up : .toNearestOrAwayFromZero
            return .real((number * scale).rounded(rule) / scale)
        case "tojson": return .string(value.json.description)
        case "indent":
            let width = String(repeating: " ", count: call.argument("width")?.wholeNumber ?? 4)
            let first = call.argument("first")?.isTrue ?? false
            let lines = value.text.split(separator: "\n", omittingEmptySubsequences: false)
            return .string(
                lines.enumerated().map { ($0 == 0 && !first) || $1.isEmpty ? String($1) : width + $1 }.joined(
                    separator: "\n"))
        case "format":
            return .string(try percent(value.text, .list(JinjaList(call.positional, isTuple: true)), at: call.location))
        default: return try sequenceFilter(name, value, call)
        }
    }

    private func sequenceFilter(_ name: String, _ value: JinjaValue, _ arguments: JinjaCall) throws -> JinjaValue {
        var call = arguments
        guard Self.filterNames.contains(name) else {
            throw call.fault(
                "there is no filter '\(name)'",
                hint: nearest(to: name, among: Self.filterNames).map { "did you mean '\($0)'?" })
        }
        if case .mapping(let mapping) = value, name == "items" || name == "dictsort" {
            var pairs = mapping.entries
            if name == "dictsort" { pairs.sort { $0.key.isLess(than: $1.key) ?? false } }
            return .list(JinjaList(pairs.map { .list(JinjaList([$0.key, $0.value], isTuple: true)) }))
        }
        guard let items = value.elements else {
            throw call.fault("the filter '\(name)' needs a list, found \(value.kind)")
        }
        switch name {
        case "list": return .list(JinjaList(items))
        case "first": return items.first ?? .undefined("the first element of an empty list")
        case "last": return items.last ?? .undefined("the last element of an empty list")
        case "reverse":
            if case .string(let text) = value { return .string(String(text.reversed())) }
            return .list(JinjaList(items.reversed()))
        case "join":
            let separator = call.argument("d")?.text ?? ""
            let path = call.argument("attribute")?.text
            return .string(try items.map { try part(path, of: $0, call).text }.joined(separator: separator))
        case "unique":
            var seen: Set<String> = []
            return .list(JinjaList(items.filter { seen.insert($0.identity).inserted }))
        case "sum":
            let path = call.argument("attribute")?.text
            let start = call.argument("start") ?? .integer(0)
            return try items.reduce(start) { total, item in
                let item = try part(path, of: item, call)
                if let a = total.wholeNumber, let b = item.wholeNumber { return .integer(a + b) }
                guard let a = total.number, let b = item.number else {
                    throw call.fault("'sum' needs numbers, found \(item.kind)")
                }
                return .real(a + b)
            }
        case "min", "max", "sort":
            let isReversed = name == "sort" && (call.argument("reverse")?.isTrue ?? false)
            let path = call.named.first { $0.name == "attribute" }?.value.text
            let keyed = try items.map { (key: try part(path, of: $0, call), item: $0) }
            let sorted = try keyed.sorted { left, right in
                let (a, b) = isReversed ? (right.key, left.key) : (left.key, right.key)
                guard let isLess = a.isLess(than: b) else {
                    throw call.fault("\(a.kind) and \(b.kind) have no order")
                }
                return isLess
            }.map(\.item)
            if name == "sort" { return .list(JinjaList(sorted)) }
            return (name == "min" ? sorted.first : sorted.last) ?? .undefined("the \(name) of an empty list")
        case "batch":
            let size = max(1, try call.required("linecount").wholeNumber ?? 1)
            return .list(
                JinjaList(
                    stride(from: 0, to: items.count, by: size).map {
                        .list(JinjaList(Array(items[$0..<min($0 + size, items.count)])))
                    }))
        case "map": return .list(JinjaList(try mapped(items, call)))
        default: return .list(JinjaList(try selected(items, name, call)))
        }
    }

    /// `map(attribute='a')` or `map('filter', …)`.
    private func mapped(_ items: [JinjaValue], _ call: JinjaCall) throws -> [JinjaValue] {
        if let path = call.named.first(where: { $0.name == "attribute" })?.value.text {
            let fallback = call.named.first { $0.name == "default" }?.value
            return try items.map { item in
                let value = try part(path, of: item, call)
                return value.isDefined ? value : fallback ?? value
            }
        }
        guard case .string(let filterName)? = call.positional.first else {
            throw call.fault("'map' needs a filter's name or 'attribute='")
        }
        var inner = JinjaCall(
            name: filterName, positional: Array(call.positional.dropFirst()), named: call.named,
            location: call.location, interpreter: self)
        inner.location = call.location
        return try items.map { try filter(filterName, $0, inner) }
    }

    /// `select`, `reject`, `selectattr`, `rejectattr`.
    private func selected(_ items: [JinjaValue], _ name: String, _ call: JinjaCall) throws -> [JinjaValue] {
        var rest = call.positional[...]
        var path: String?
        if name.hasSuffix("attr") {
            guard let first = rest.popFirst() else { throw call.fault("'\(name)' needs an attribute's name") }
            path = first.text
        }
        let testName = rest.popFirst()?.text
        return try items.filter { item in
            let value = try part(path, of: item, call)
            let holds = try testName.map { try test($0, value, Array(rest), at: call.location) } ?? value.isTrue
            return holds == name.hasPrefix("select")
        }
    }

    /// `item.a.b` for the path `a.b`; the item itself for none.
    private func part(_ path: String?, of item: JinjaValue, _ call: JinjaCall) throws -> JinjaValue {
        guard let path else { return item }
        var value = item
        for name in path.split(separator: ".").map(String.init) {
            if let position = Int(name), let elements = value.elements {
                value = elements.indices.contains(position) ? elements[position] : .undefined(name)
            } else {
                value = try attribute(name, of: value, called: name, at: call.location, in: globals)
            }
        }
        return value
    }

    // MARK: - Text

    func titled(_ text: String) -> String {
        var startsWord = true
        return String(
            text.map { character -> String in
                defer { startsWord = !character.isLetter && character != "'" }
                return startsWord ? character.uppercased() : character.lowercased()
            }.joined())
    }

    func trimmed(_ text: String, signs: String?, atStart: Bool, atEnd: Bool) -> String {
        var rest = text[...]
        func goes(_ character: Character) -> Bool { signs.map { $0.contains(character) } ?? character.isWhitespace }
        while atStart, let first = rest.first, goes(first) { rest.removeFirst() }
        while atEnd, let last = rest.last, goes(last) { rest.removeLast() }
        return String(rest)
    }

    /// `'%s of %d' % (a, b)`.
    func percent(_ format: String, _ values: JinjaValue, at location: SourceLocation) throws -> String {
        var arguments: ArraySlice<JinjaValue>
        if case .list(let list) = values, list.isTuple { arguments = list.items[...] } else { arguments = [values] }
        var result = ""
        var rest = format[...]
        while let character = rest.popFirst() {
            guard character == "%" else {
                result.append(character)
                continue
            }
            var specification = ""
            while let next = rest.first, "0123456789.-+ ".contains(next) { specification.append(rest.removeFirst()) }
            guard let kind = rest.popFirst() else { throw fault("the format ends with '%'", at: location) }
            if kind == "%" {
                result.append("%")
                continue
            }
            guard let value = arguments.popFirst() else { throw fault("the format needs more values", at: location) }
            switch kind {
            case "s", "r": result += value.text
            case "d", "i":
                guard let number = value.number else {
                    throw fault("'%d' needs a number, found \(value.kind)", at: location)
                }
                result += String(format: "%\(specification)ld", Int(number))
            case "f", "e", "g":
                guard let number = value.number else {
                    throw fault("'%\(kind)' needs a number, found \(value.kind)", at: location)
                }
                result += String(format: "%\(specification)\(kind)", number)
            default: throw fault("'%\(kind)' is no format", hint: "use %s, %d or %f", at: location)
            }
        }
        return result
    }
}
