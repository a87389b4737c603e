import Core

/// Which trials are looked for: conditions that all must hold, such as `kind = two-tower` or `max(recall@12) >= 0.1`.
public struct TrialFilter: Sendable, Hashable {
    /// How a value is compared.
    public enum Comparison: String, Sendable, CaseIterable {
        case equal = "="
        case different = "!="
        case atLeast = ">="
        case atMost = "<="
        case more = ">"
        case less = "<"
    }

    /// One condition.
    public struct Condition: Sendable, Hashable {
        /// A parameter, a fact of environment or version, a metric (its last value; `max(NAME)` and `min(NAME)` its
        /// best), `tag.NAME`, `run`, `step` or `state`.
        public var name: String
        /// How it is compared.
        public var comparison: Comparison
        /// With what.
        public var value: JSONValue
    }

    /// The conditions.
    public var conditions: [Condition]

    /// Takes conditions; none lets every trial through.
    public init(_ conditions: [Condition] = []) { self.conditions = conditions }

    /// Reads conditions such as `learning-rate >= 0.01`.
    ///
    /// - Throws: `invalidConfiguration` for a text that is none.
    public init(parsing texts: [String]) throws {
        conditions = try texts.map { text in
            for sign in ["!=", ">=", "<=", "=", ">", "<"] {
                let parts = text.split(separator: sign, maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, let comparison = Comparison(rawValue: sign) else { continue }
                let (name, value) = (Self.trimmed(parts[0]), Self.trimmed(parts[1]))
                if name.isEmpty || value.isEmpty { break }
                return Condition(
                    name: name, comparison: comparison, value: (try? JSONValue(parsing: value)) ?? .string(value))
            }
            throw MartletError(
                .invalidConfiguration, "'\(text)' is no condition",
                hint: "write NAME=VALUE, or !=, >=, <=, >, < in place of =, such as 'learning-rate>=0.01'")
        }
    }

    /// Whether all conditions hold.
    public func holds(for trial: Trial) -> Bool {
        conditions.allSatisfy { condition in
            guard let found = trial.value(of: condition.name) else { return condition.comparison == .different }
            if let a = found.number, let b = condition.value.number { return condition.comparison.holds(a, b) }
            let texts = [found, condition.value].map { $0.string ?? $0.description }
            return condition.comparison.holds(texts[0], texts[1])
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}

extension TrialFilter.Comparison {
    func holds<T: Comparable>(_ a: T, _ b: T) -> Bool {
        switch self {
        case .equal: a == b
        case .different: a != b
        case .atLeast: a >= b
        case .atMost: a <= b
        case .more: a > b
        case .less: a < b
        }
    }
}

extension Trial {
    /// What stands under a name that ``TrialFilter`` knows; nil if nothing does.
    public func value(of name: String) -> JSONValue? {
        switch name {
        case "run": return .string(run)
        case "step": return .string(step)
        case "state": return .string(state.rawValue)
        case "seconds": return seconds.map { .number($0) }
        default: break
        }
        if let value = parameters[name] ?? versions[name] ?? environment[name] { return value }
        if let series = metrics[name] { return .number(series.last) }
        if name.hasPrefix("tag.") { return tags[String(name.dropFirst(4))].map { .string($0) } }
        guard name.hasSuffix(")"), let series = metrics[String(name.dropFirst(4).dropLast())] else { return nil }
        if name.hasPrefix("max(") { return .number(series.maximum) }
        return name.hasPrefix("min(") ? .number(series.minimum) : nil
    }
}
