/// The entries of one mapping, read one by one with types, defaults and ranges.
///
/// Every fault goes to the `Diagnostics`, and reading goes on with the default, so that a user sees all faults at once.
/// Call ``finish()`` last: it reports keys that nobody asked for, with the nearest key that exists.
public struct ConfigurationFields {
    /// Where the mapping stands.
    public let location: SourceLocation
    /// Where faults go.
    public let diagnostics: Diagnostics
    private let path: String
    private var entries: [(key: String, location: SourceLocation, value: ConfigurationNode)]
    private var asked: [String] = []

    /// Opens a mapping; anything else is reported and read as empty. Null is an empty mapping.
    ///
    /// - Parameter path: what messages call this mapping, such as `serve.limits`; empty at the top.
    public init(_ node: ConfigurationNode, path: String = "", diagnostics: Diagnostics) {
        location = node.location
        self.diagnostics = diagnostics
        self.path = path
        switch node.content {
        case .mapping(let entries): self.entries = entries
        case .null: entries = []
        default:
            entries = []
            diagnostics.report(
                "\(path.isEmpty ? "the file" : "'\(path)'") must be a mapping (key: value), found \(node.kind)",
                at: node.location)
        }
    }

    /// The keys, in the file's order.
    public var keys: [String] { entries.map(\.key) }

    /// The piece under `key`, or nil if the key is absent or null.
    public mutating func node(_ key: String) -> ConfigurationNode? {
        asked.append(key)
        guard let node = entries.first(where: { $0.key == key })?.value else { return nil }
        if case .null = node.content { return nil }
        return node
    }

    /// Whether `key` stands in the file, even with an empty value.
    public mutating func has(_ key: String) -> Bool {
        asked.append(key)
        return entries.contains { $0.key == key }
    }

    /// Where `key` stands, or the mapping if it does not.
    public func location(of key: String) -> SourceLocation {
        entries.first { $0.key == key }?.value.location ?? location
    }

    /// The full name of `key`, for messages.
    public func name(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// The mapping under `key`; empty if absent.
    public mutating func fields(_ key: String) -> ConfigurationFields {
        let node = node(key) ?? ConfigurationNode(.mapping([]), location: location(of: key))
        return ConfigurationFields(node, path: name(of: key), diagnostics: diagnostics)
    }

    /// The mappings of the list under `key`; empty if absent.
    public mutating func list(_ key: String) -> [ConfigurationNode] {
        guard let node = node(key) else { return [] }
        if case .sequence(let nodes) = node.content { return nodes }
        report(key, "must be a list", found: node)
        return []
    }

    /// The entries of the mapping under `key`, names chosen by the user; empty if absent.
    public mutating func named(_ key: String) -> [(key: String, location: SourceLocation, value: ConfigurationNode)] {
        guard let node = node(key) else { return [] }
        if case .mapping(let entries) = node.content { return entries }
        report(key, "must be a mapping (name: value)", found: node)
        return []
    }

    /// The text under `key`, or nil.
    public mutating func string(_ key: String) -> String? {
        guard let node = node(key) else { return nil }
        if case .scalar(let text, _) = node.content { return text }
        report(key, "must be text", found: node)
        return nil
    }

    /// The text under `key`, or the default.
    public mutating func string(_ key: String, default fallback: String) -> String { string(key) ?? fallback }

    /// The text under `key`; its absence is a fault.
    public mutating func required(_ key: String, hint: String? = nil) -> String {
        if !entries.contains(where: { $0.key == key }) {
            asked.append(key)
            diagnostics.report("'\(name(of: key))' is missing", hint: hint, at: location)
            return ""
        }
        return string(key) ?? ""
    }

    /// One text or a list of texts; empty if absent.
    public mutating func strings(_ key: String) -> [String] {
        guard let node = node(key) else { return [] }
        switch node.content {
        case .scalar(let text, _): return [text]
        case .sequence(let nodes):
            return nodes.compactMap { node in
                if case .scalar(let text, _) = node.content { return text }
                report(key, "must be a list of texts", found: node)
                return nil
            }
        default:
            report(key, "must be text or a list of texts", found: node)
            return []
        }
    }

    /// The whole number under `key`, or nil.
    public mutating func integer(_ key: String, in range: ClosedRange<Int> = .min ... .max) -> Int? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let text, false) = node.content, let value = Int(text.filter { $0 != "_" }) else {
            report(key, "must be a whole number", found: node)
            return nil
        }
        guard range.contains(value) else {
            report(key, "must lie in \(Self.describe(range))", found: node)
            return nil
        }
        return value
    }

    /// The whole number under `key`, or the default.
    public mutating func integer(_ key: String, default fallback: Int, in range: ClosedRange<Int> = .min ... .max)
        -> Int
    {
        integer(key, in: range) ?? fallback
    }

    /// The number under `key`, or nil. NaN and infinities are faults.
    public mutating func number(_ key: String, in range: ClosedRange<Double> = -.infinity ... .infinity) -> Double? {
        guard let node = node(key) else { return nil }
        guard case .scalar(let text, false) = node.content, let value = Double(text.filter { $0 != "_" }),
            value.isFinite
        else {
            report(key, "must be a number", found: node)
            return nil
        }
        guard range.contains(value) else {
            report(key, "must lie in \(range.lowerBound)…\(range.upperBound)", found: node)
            return nil
        }
        return value
    }

    /// The number under `key`, or the default.
    public mutating func number(
        _ key: String, default fallback: Double, in range: ClosedRange<Double> = -.infinity ... .infinity
    ) -> Double {
        number(key, in: range) ?? fallback
    }

    /// `true` or `false` under `key`, or the default.
    public mutating func bool(_ key: String, default fallback: Bool) -> Bool {
        guard let node = node(key) else { return fallback }
        if case .scalar(let text, false) = node.content, let value = ConfigurationNode.truth(text) { return value }
        report(key, "must be true or false", found: node)
        return fallback
    }

    /// A length of time under `key` in seconds: `90s`, `15m`, `12h`, `28d`, `4w`, or a bare number of seconds.
    public mutating func duration(_ key: String) -> Double? {
        guard let node = node(key) else { return nil }
        if case .scalar(let text, _) = node.content, let seconds = Self.seconds(text) { return seconds }
        report(key, "must be a length of time such as 90s, 15m, 12h, 28d or 4w", found: node)
        return nil
    }

    /// A length of time in seconds, or the default.
    public mutating func duration(_ key: String, default fallback: Double) -> Double { duration(key) ?? fallback }

    /// One of the words in `choices`, or nil; another word is a fault with the nearest of them.
    public mutating func choice(_ key: String, of choices: [String]) -> String? {
        guard let node = node(key) else { return nil }
        if case .scalar(let text, _) = node.content, choices.contains(text) { return text }
        var hint: String?
        if case .scalar(let text, _) = node.content {
            hint = nearest(to: text, among: choices).map { "did you mean '\($0)'?" }
        }
        diagnostics.report(
            "'\(name(of: key))' must be one of \(choices.joined(separator: ", ")), found \(node.kind)", hint: hint,
            at: node.location)
        return nil
    }

    /// Reports a fault of the value under `key`.
    public func report(_ key: String, _ rule: String, found node: ConfigurationNode, hint: String? = nil) {
        diagnostics.report("'\(name(of: key))' \(rule), found \(node.kind)", hint: hint, at: node.location)
    }

    /// Reports every key that nobody asked for, with the nearest key that exists.
    public func finish() {
        let known = Set(asked)
        for entry in entries where !known.contains(entry.key) {
            let hint =
                nearest(to: entry.key, among: asked).map { "did you mean '\($0)'?" }
                ?? "the keys here are \(known.sorted().joined(separator: ", "))"
            diagnostics.report("unknown key '\(name(of: entry.key))'", hint: hint, at: entry.location)
        }
    }

    /// `28d` in seconds; nil if the text is no length of time.
    static func seconds(_ text: String) -> Double? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        guard let last = text.last else { return nil }
        if let unit = units[last] {
            return Double(text.dropLast().trimmingSuffixSpaces()).flatMap { $0.isFinite && $0 >= 0 ? $0 * unit : nil }
        }
        return Double(text).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
    }

    private static func describe(_ range: ClosedRange<Int>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (.min, let upper): "…\(upper)"
        case (let lower, .max): "\(lower)…"
        case (let lower, let upper): "\(lower)…\(upper)"
        }
    }
}

extension Substring {
    fileprivate func trimmingSuffixSpaces() -> Substring {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}
