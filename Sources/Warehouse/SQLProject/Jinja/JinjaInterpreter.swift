import Core

/// The names a template can see: its own, and those of the scope around it.
final class JinjaScope {
    var values: [String: JinjaValue]
    let parent: JinjaScope?

    init(_ values: [String: JinjaValue] = [:], parent: JinjaScope? = nil) {
        self.values = values
        self.parent = parent
    }

    func find(_ name: String) -> JinjaValue? {
        var scope: JinjaScope? = self
        while let current = scope {
            if let value = current.values[name] { return value }
            scope = current.parent
        }
        return nil
    }

    /// Every name in sight, for hints.
    var names: [String] {
        var names = Set(values.keys)
        if let parent { names.formUnion(parent.names) }
        return names.sorted()
    }
}

/// What `return(…)` inside a macro throws to end it; the value waits in the interpreter.
struct JinjaReturn: Error {}

/// Runs one template. Not shared between threads: every rendering has an interpreter of its own.
final class JinjaInterpreter {
    /// What every template and macro sees.
    let globals: JinjaScope
    /// Why a name may be missing, asked when an unknown name is used.
    var explainUnknownName: (String) -> String? = { _ in nil }
    /// The value of the `return(…)` that is on its way out.
    var returned = JinjaValue.none
    private var depth = 0

    /// How deeply macros may call each other.
    static let maximalDepth = 60

    init(globals: JinjaScope) { self.globals = globals }

    /// What `statements` write.
    ///
    /// - Throws: `invalidConfiguration` with the place of the fault.
    func render(_ statements: [JinjaStatement]) throws -> JinjaOutput {
        let scope = JinjaScope(parent: globals)
        var output = JinjaOutput()
        do {
            try run(statements, in: scope, to: &output)
        } catch is JinjaReturn {
            // `return` outside a macro ends the template.
        }
        return output
    }

    // MARK: - Statements

    private func run(_ statements: [JinjaStatement], in scope: JinjaScope, to output: inout JinjaOutput) throws {
        for statement in statements { try run(statement, in: scope, to: &output) }
    }

    private func run(_ statement: JinjaStatement, in scope: JinjaScope, to output: inout JinjaOutput) throws {
        switch statement {
        case .text(let text, let location): output.write(text, from: location, isVerbatim: true)
        case .output(let expression):
            let value = try evaluate(expression, in: scope)
            if case .undefined(let name) = value { throw unknown(name, at: expression.location, in: scope) }
            output.write(value.text, from: expression.location, isVerbatim: false)
        case .branch(let branches, let otherwise):
            for (condition, body) in branches where try evaluate(condition, in: scope).isTrue {
                return try run(body, in: scope, to: &output)
            }
            try run(otherwise, in: scope, to: &output)
        case .loop(let targets, let sequence, let condition, let body, let otherwise, let location):
            try loop(targets, sequence, condition, body, otherwise, location, in: scope, to: &output)
        case .set(let targets, let value): try assign(evaluate(value, in: scope), to: targets, in: scope)
        case .setBlock(let target, let filters, let body, let location):
            var captured = JinjaOutput()
            try run(body, in: JinjaScope(parent: scope), to: &captured)
            var value = JinjaValue.string(captured.text)
            for (name, arguments) in filters {
                value = try filter(name, value, call(name, arguments, at: location, in: scope))
            }
            scope.values[target] = value
        case .macro(let macro): scope.values[macro.name] = .function(function(of: macro, in: scope))
        case .callBlock(let caller, let expression):
            let inner = JinjaScope(parent: scope)
            let body = function(of: caller, in: scope)
            guard case .call(let callee, let arguments) = expression.kind else { return }
            let value = try apply(
                evaluate(callee, in: inner), Self.name(of: callee), arguments, at: expression.location, in: inner,
                caller: body)
            output.write(value.text, from: expression.location, isVerbatim: false)
        case .run(let expression): _ = try evaluate(expression, in: scope)
        }
    }

    private func assign(_ value: JinjaValue, to targets: [JinjaExpression], in scope: JinjaScope) throws {
        var values = [value]
        if targets.count > 1 {
            guard let elements = value.elements, elements.count == targets.count else {
                throw fault("\(targets.count) variables cannot take \(value.kind)", at: targets[0].location)
            }
            values = elements
        }
        for (target, value) in zip(targets, values) {
            switch target.kind {
            case .name(let name): scope.values[name] = value
            case .attribute(let object, let name):
                let holder = try evaluate(object, in: scope)
                guard case .object(let object) = holder, object.set(name, to: value) else {
                    throw fault(
                        "cannot set '\(name)' of \(holder.kind)", hint: "only a 'namespace(…)' can be changed",
                        at: target.location)
                }
            default: throw fault("this cannot be set", at: target.location)
            }
        }
    }

    private func loop(
        _ targets: [String], _ sequence: JinjaExpression, _ condition: JinjaExpression?, _ body: [JinjaStatement],
        _ otherwise: [JinjaStatement], _ location: SourceLocation, in scope: JinjaScope, to output: inout JinjaOutput
    ) throws {
        let value = try evaluate(sequence, in: scope)
        if case .undefined(let name) = value { throw unknown(name, at: sequence.location, in: scope) }
        guard var items = value.elements else {
            throw fault("a loop needs a list, found \(value.kind)", at: sequence.location)
        }
        func bind(_ item: JinjaValue, in scope: JinjaScope) throws {
            guard targets.count > 1 else {
                scope.values[targets[0]] = item
                return
            }
            guard let parts = item.elements, parts.count == targets.count else {
                throw fault(
                    "the loop names \(targets.count) variables but an element is \(item.kind)",
                    hint: "loop over 'mapping.items()' for keys and values", at: location)
            }
            for (target, part) in zip(targets, parts) { scope.values[target] = part }
        }
        if let condition {
            items = try items.filter { item in
                let inner = JinjaScope(parent: scope)
                try bind(item, in: inner)
                return try evaluate(condition, in: inner).isTrue
            }
        }
        if items.isEmpty { return try run(otherwise, in: JinjaScope(parent: scope), to: &output) }
        for (index, item) in items.enumerated() {
            let inner = JinjaScope(parent: scope)
            try bind(item, in: inner)
            inner.values["loop"] = .object(JinjaLoop(index: index, items: items))
            try run(body, in: inner, to: &output)
        }
    }

    // MARK: - Macros

    /// A macro as a function; names it does not define itself are looked up in `scope`.
    func function(of macro: JinjaMacro, in scope: JinjaScope) -> JinjaFunction {
        JinjaFunction(name: macro.name) { [unowned self] call in try self.run(macro, call, in: scope) }
    }

    private func run(_ macro: JinjaMacro, _ call: JinjaCall, in scope: JinjaScope) throws -> JinjaValue {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximalDepth else {
            throw fault(
                "macros call each other more than \(Self.maximalDepth) deep, here '\(macro.name)'",
                hint: "a macro that calls itself needs a condition that ends it", at: call.location)
        }
        let inner = JinjaScope(parent: scope)
        var call = call
        let usesRest = macro.name == "caller" ? false : true
        for parameter in macro.parameters {
            if let value = call.argument(parameter.name) {
                inner.values[parameter.name] = value
            } else if let expression = parameter.defaultValue {
                inner.values[parameter.name] = try evaluate(expression, in: inner)
            } else {
                inner.values[parameter.name] = .undefined(parameter.name)
            }
        }
        if usesRest {
            let names = Set(macro.parameters.map(\.name))
            let rest = JinjaMapping()
            for argument in call.named where !names.contains(argument.name) {
                if argument.name == "caller" {
                    inner.values["caller"] = argument.value
                } else {
                    rest[argument.name] = argument.value
                }
            }
            inner.values["varargs"] = .list(JinjaList(Array(call.positional.dropFirst(macro.parameters.count))))
            inner.values["kwargs"] = .mapping(rest)
        } else {
            try call.finish()
        }
        var output = JinjaOutput()
        do {
            try run(macro.body, in: inner, to: &output)
        } catch is JinjaReturn {
            return returned
        }
        return .string(output.text)
    }

    // MARK: - Calls

    /// Evaluated arguments of a call to `name`.
    func call(_ name: String, _ arguments: [JinjaArgument], at location: SourceLocation, in scope: JinjaScope) throws
        -> JinjaCall
    {
        var positional: [JinjaValue] = []
        var named: [(name: String, value: JinjaValue)] = []
        for argument in arguments {
            let value = try evaluate(argument.value, in: scope)
            switch (argument.spread, value) {
            case (.none, _):
                if let name = argument.name { named.append((name, value)) } else { positional.append(value) }
            case (.list, _):
                guard let elements = value.elements else {
                    throw fault("'*' spreads a list, found \(value.kind)", at: argument.value.location)
                }
                positional += elements
            case (.mapping, .mapping(let mapping)):
                named += mapping.entries.map { ($0.key.text, $0.value) }
            case (.mapping, _):
                throw fault("'**' spreads a mapping, found \(value.kind)", at: argument.value.location)
            }
        }
        return JinjaCall(name: name, positional: positional, named: named, location: location, interpreter: self)
    }

    /// Calls `callee` with `arguments`.
    func apply(
        _ callee: JinjaValue, _ name: String, _ arguments: [JinjaArgument], at location: SourceLocation,
        in scope: JinjaScope, caller: JinjaFunction? = nil
    ) throws -> JinjaValue {
        var call = try call(name, arguments, at: location, in: scope)
        if let caller { call.named.append(("caller", .function(caller))) }
        return try apply(callee, &call, in: scope)
    }

    /// Calls `callee` with arguments that have been evaluated.
    func apply(_ callee: JinjaValue, _ call: inout JinjaCall, in scope: JinjaScope) throws -> JinjaValue {
        switch callee {
        case .function(let function): return try function.body(&call)
        case .object(let object):
            if let function = object.callable { return try function.body(&call) }
            throw fault("\(callee.kind) cannot be called", at: call.location)
        case .undefined(let name): throw unknown(name, at: call.location, in: scope, isCalled: true)
        default: throw fault("\(callee.kind) cannot be called", at: call.location)
        }
    }

    static func name(of expression: JinjaExpression) -> String {
        switch expression.kind {
        case .name(let name): name
        case .attribute(let object, let name): "\(Self.name(of: object)).\(name)"
        default: "the function"
        }
    }

    // MARK: - Faults

    func fault(_ message: String, hint: String? = nil, at location: SourceLocation) -> MartletError {
        MartletError(.invalidConfiguration, message, hint: hint, at: location)
    }

    func unknown(_ name: String, at location: SourceLocation, in scope: JinjaScope, isCalled: Bool = false)
        -> MartletError
    {
        let hint =
            explainUnknownName(name)
            ?? nearest(to: name, among: scope.names.filter { $0 != name }).map { "did you mean '\($0)'?" }
        return fault("'\(name)' is not defined\(isCalled ? ", so it cannot be called" : "")", hint: hint, at: location)
    }
}

/// The variable `loop` inside a loop.
final class JinjaLoop: JinjaObject {
    private let index: Int
    private let items: [JinjaValue]

    init(index: Int, items: [JinjaValue]) {
        self.index = index
        self.items = items
    }

    var text: String { "loop" }
    let attributeNames = [
        "index", "index0", "first", "last", "length", "revindex", "revindex0", "previtem", "nextitem", "cycle",
    ]

    func attribute(_ name: String) -> JinjaValue? {
        switch name {
        case "index": return .integer(index + 1)
        case "index0": return .integer(index)
        case "first": return .bool(index == 0)
        case "last": return .bool(index == items.count - 1)
        case "length": return .integer(items.count)
        case "revindex": return .integer(items.count - index)
        case "revindex0": return .integer(items.count - index - 1)
        case "previtem": return index > 0 ? items[index - 1] : .undefined("loop.previtem")
        case "nextitem": return index + 1 < items.count ? items[index + 1] : .undefined("loop.nextitem")
        case "cycle":
            return .function(
                JinjaFunction(name: "cycle") { [index] call in
                    guard !call.positional.isEmpty else { throw call.fault("'cycle' needs at least one value") }
                    return call.positional[index % call.positional.count]
                })
        default: return nil
        }
    }
}
