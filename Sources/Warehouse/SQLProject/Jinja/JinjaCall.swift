import Core

/// The arguments of one call, and where it stands. A function takes what it knows; the rest is a fault.
struct JinjaCall {
    var name: String
    var positional: [JinjaValue]
    var named: [(name: String, value: JinjaValue)]
    var location: SourceLocation
    /// Who runs the template.
    let interpreter: JinjaInterpreter
    private var asked: [String] = []
    private var taken = 0

    init(
        name: String, positional: [JinjaValue], named: [(name: String, value: JinjaValue)] = [],
        location: SourceLocation, interpreter: JinjaInterpreter
    ) {
        self.name = name
        self.positional = positional
        self.named = named
        self.location = location
        self.interpreter = interpreter
    }

    /// The next argument by position, or else the one called `name`; nil if neither was given.
    mutating func argument(_ name: String) -> JinjaValue? {
        asked.append(name)
        if taken < positional.count {
            taken += 1
            return positional[taken - 1]
        }
        return named.first { $0.name == name }?.value
    }

    /// The argument; its absence is a fault.
    mutating func required(_ name: String) throws -> JinjaValue {
        if let value = argument(name) { return value }
        throw fault("'\(self.name)' needs the argument '\(name)'")
    }

    /// The argument as text; anything else is a fault.
    mutating func text(_ name: String) throws -> String {
        let value = try required(name)
        if case .string(let text) = value { return text }
        throw fault("the argument '\(name)' of '\(self.name)' must be text, found \(value.kind)")
    }

    /// Ends the reading of arguments.
    ///
    /// - Throws: `invalidConfiguration` for an argument nobody asked for.
    func finish() throws {
        if taken < positional.count {
            throw fault(
                "'\(name)' takes \(asked.count) argument\(asked.count == 1 ? "" : "s"), found \(positional.count)")
        }
        for argument in named where !asked.contains(argument.name) {
            throw fault(
                "'\(name)' has no argument '\(argument.name)'",
                hint: nearest(to: argument.name, among: asked).map { "did you mean '\($0)'?" })
        }
    }

    func fault(_ message: String, hint: String? = nil) -> MartletError {
        MartletError(.invalidConfiguration, message, hint: hint, at: location)
    }
}
