import Core

/// A parameter that a flow takes: its name, what it is if nobody says, and what it is for.
public struct FlowParameter: Sendable, Hashable {
    /// The name, as in `--epochs 3`.
    public var name: String
    /// The value if none is given; its kind is the parameter's.
    public var standard: JSONValue
    /// What it is for.
    public var help: String

    /// Describes a parameter.
    public init(_ name: String, _ standard: JSONValue, help: String = "") {
        self.name = name
        self.standard = standard
        self.help = help
    }
}

/// The values of a flow's parameters in one run.
public struct FlowParameters: Sendable, Hashable {
    /// All values by name.
    public private(set) var values: [String: JSONValue]

    /// Takes what was given, and for the rest what is standard.
    ///
    /// - Throws: `invalidConfiguration` for a name that is no parameter (with the nearest), or a value of another kind.
    public init(_ declared: [FlowParameter], given: [String: String] = [:]) throws {
        values = Dictionary(declared.map { ($0.name, $0.standard) }) { _, last in last }
        for (name, text) in given.sorted(by: { $0.key < $1.key }) {
            guard let standard = values[name] else {
                let names = declared.map(\.name)
                throw MartletError(
                    .invalidConfiguration, "there is no parameter '\(name)'",
                    hint: nearest(to: name, among: names).map { "did you mean '\($0)'?" }
                        ?? (names.isEmpty
                            ? "the flow takes none" : "the parameters are \(names.joined(separator: ", "))"))
            }
            values[name] = try FlowParameters.read(text, as: standard, name: name)
        }
    }

    /// Takes values that an earlier run kept.
    ///
    /// - Throws: `invalidConfiguration` if the flow's parameters have changed since.
    init(_ declared: [FlowParameter], kept: JSONValue) throws {
        try self.init(declared)
        for (name, value) in kept.object ?? [:] {
            guard values[name] != nil else {
                throw MartletError(
                    .invalidConfiguration, "the run has a parameter '\(name)', which the flow has not any more",
                    hint: "begin a new run")
            }
            values[name] = value
        }
    }

    /// All values, as a run keeps them.
    public var json: JSONValue { .object(values) }

    /// A text.
    public func text(_ name: String) -> String { self[name].string ?? self[name].description }
    /// A whole number.
    public func integer(_ name: String) -> Int { self[name].integer ?? 0 }
    /// A number.
    public func number(_ name: String) -> Double { self[name].number ?? 0 }
    /// A choice between two.
    public func flag(_ name: String) -> Bool { self[name].bool ?? false }

    private subscript(_ name: String) -> JSONValue {
        guard let value = values[name] else { preconditionFailure("the flow declares no parameter '\(name)'") }
        return value
    }

    private static func read(_ text: String, as standard: JSONValue, name: String) throws -> JSONValue {
        if standard.string != nil || standard == .null { return .string(text) }
        let value = (try? JSONValue(parsing: text)) ?? .string(text)
        let fits =
            switch standard {
            case .integer: value.integer != nil
            case .number: value.number != nil
            case .bool: value.bool != nil
            default: true
            }
        if fits { return value }
        let kind = standard.bool != nil ? "true or false" : standard.integer != nil ? "a whole number" : "a number"
        throw MartletError(
            .invalidConfiguration, "parameter '\(name)' must be \(kind), found '\(text)'",
            hint: "its standard value is \(standard)")
    }
}
