import Core
import Hummingbird

/// What a caller asks of a list: how long, without which items, and whose fallback.
struct ListQuery {
    /// How many items at most.
    var k: Int
    /// Ids of items that must not be in the answer.
    var excluded: Set<String> = []
    /// Ids of the only items that may be in the answer; nil: all may.
    var allowed: Set<String>?
    /// The segment whose fallback an unknown user gets.
    var segment: String?

    static let names = ["k", "exclude", "segment"]

    /// The defaults of the server.
    init(limits: ServingConfiguration.Limits) { k = limits.defaultItems }

    /// Reads a query string such as `k=12&exclude=a,b&segment=women`.
    ///
    /// - Throws: a 400 problem for a parameter that is unknown, malformed or out of bounds.
    init(
        _ query: Substring.UTF8View, allowed: [String] = names, limits: ServingConfiguration.Limits
    ) throws(Problem) {
        self.init(limits: limits)
        if query.isEmpty { return }
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            let name = try PercentDecoding.text(pair[..<(equals ?? pair.endIndex)], name: "query", plusIsSpace: true)
            let value = equals.map { pair[pair.index(after: $0)...] } ?? pair[pair.endIndex...]
            guard allowed.contains(name) else {
                throw Problem(
                    .badRequest, "unknown-parameter", "there is no query parameter '\(name)' here",
                    hint: nearest(to: name, among: allowed).map { "did you mean '\($0)'?" }
                        ?? "the parameters are \(allowed.joined(separator: ", "))")
            }
            switch name {
            case "k": k = try Self.length(PercentDecoding.text(value, name: "k"), limits: limits)
            case "segment": segment = try PercentDecoding.text(value, name: "segment", plusIsSpace: true)
            default:
                for item in value.split(separator: UInt8(ascii: ",")) {
                    excluded.insert(try PercentDecoding.text(item, name: "exclude", plusIsSpace: true))
                }
                try Self.check(excluded.count, limits: limits)
            }
        }
    }

    /// Reads a number of items.
    static func length(_ text: String, limits: ServingConfiguration.Limits) throws(Problem) -> Int {
        guard let value = Int(text) else {
            throw Problem(
                .badRequest, "invalid-parameter", "'k' must be a whole number, found '\(text.prefix(40))'",
                hint: "ask for 1 to \(limits.items) items, such as k=12")
        }
        return try length(value, limits: limits)
    }

    /// Checks a number of items.
    static func length(_ value: Int, limits: ServingConfiguration.Limits) throws(Problem) -> Int {
        guard (1...limits.items).contains(value) else {
            throw Problem(
                .badRequest, "invalid-parameter", "'k' must lie in 1…\(limits.items), found \(value)",
                hint: "this server answers with at most \(limits.items) items (serve.limits.items)")
        }
        return value
    }

    /// Checks how many items are excluded.
    static func check(_ excluded: Int, limits: ServingConfiguration.Limits) throws(Problem) {
        guard excluded <= limits.excluded else {
            throw Problem(
                .badRequest, "invalid-parameter",
                "'exclude' names \(excluded) items, at most \(limits.excluded) may be",
                hint: "exclude only what the page shows already")
        }
    }
}
