import Core
import Stores

/// A rule by which candidates are dropped.
public enum FilterConfiguration: Sendable {
    /// What the user met in one of these ways, not longer ago than so many seconds (nil: ever).
    case seen(kinds: Set<Event.Kind>, within: Double?)
    /// What the user bought, not longer ago than so many seconds (nil: ever).
    case bought(within: Double?)
    /// Items and categories that nobody is shown.
    case blocked(items: [String], categories: [String])
    /// The only categories that anybody is shown.
    case categories([String])
    /// What is known of an item, beside the reserved words: `stock`, `price`, or any `column`.
    case column(ColumnCondition)

    /// The word in `martlet.yml`, which answers name the rule by.
    public var word: String {
        switch self {
        case .seen: "seen"
        case .bought: "bought"
        case .blocked: "blocked"
        case .categories: "category"
        case .column(let condition): condition.column
        }
    }

    /// What is asked of a column; nil for other rules.
    public var condition: ColumnCondition? { if case .column(let condition) = self { condition } else { nil } }

    var needsCategory: Bool {
        switch self {
        case .blocked(_, let categories): !categories.isEmpty
        case .categories: true
        case .seen, .bought, .column: false
        }
    }

    /// Reads `filters:`; without it, what was bought within a day is not shown again.
    static func list(_ fields: inout ConfigurationFields) -> [FilterConfiguration] {
        let words = ["seen", "bought", "blocked", "category", "stock", "price", "column"]
        guard let entries = StageEntry.list("filters", kinds: words, &fields) else {
            return [.bought(within: 86_400)]
        }
        let diagnostics = fields.diagnostics
        return entries.map { entry in
            var fields = entry.fields(diagnostics)
            defer { fields.finish() }
            switch entry.kind {
            case "seen": return .seen(kinds: kinds(&fields), within: fields.duration("within"))
            case "bought": return .bought(within: fields.duration("within"))
            case "category": return .categories(required("only", &fields))
            case "stock", "price", "column": return .column(ColumnCondition(entry.kind, &fields))
            default: return .blocked(items: fields.strings("items"), categories: fields.strings("categories"))
            }
        }
    }

    private static func kinds(_ fields: inout ConfigurationFields) -> Set<Event.Kind> {
        let words = fields.strings("kinds")
        let known = Event.Kind.allCases.filter { $0 != .impression }
        if words.isEmpty { return Set(known) }
        return Set(
            words.compactMap { word in
                if let kind = known.first(where: { $0.rawValue == word }) { return kind }
                let names = known.map(\.rawValue)
                fields.diagnostics.report(
                    "'\(fields.name(of: "kinds"))' names '\(word)'",
                    hint: nearest(to: word, among: names).map { "did you mean '\($0)'?" }
                        ?? "the kinds are \(names.joined(separator: ", "))", at: fields.location(of: "kinds"))
                return nil
            })
    }

    private static func required(_ key: String, _ fields: inout ConfigurationFields) -> [String] {
        let words = fields.strings(key)
        if words.isEmpty {
            fields.diagnostics.report("'\(fields.name(of: key))' names no category", at: fields.location(of: key))
        }
        return words
    }
}
