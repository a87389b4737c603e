import Core
import Features
import Stores

/// A rule as it applies to one request: which items it drops.
package struct PreparedFilter: Sendable {
    /// The word that answers name the rule by.
    package let rule: String
    /// The items it drops, where they can be listed.
    let excluded: Set<Int32>
    /// The items it lets through, where they cannot.
    let kept: ItemMask?

    /// A rule that drops listed items.
    init(_ rule: String, excluded: Set<Int32>) {
        self.rule = rule
        self.excluded = excluded
        kept = nil
    }

    /// A rule that drops whatever the mask does not let through.
    init(_ rule: String, kept: ItemMask) {
        self.rule = rule
        excluded = []
        self.kept = kept
    }

    /// Whether the rule drops an item.
    package func drops(_ item: Int32) -> Bool { kept.map { !$0[item] } ?? excluded.contains(item) }
}

extension PreparedFilter {
    /// The rules of a request in their order: what the shop does not sell, what the request says, what is declared.
    ///
    /// A condition on a column that there is not, or of another type, lets nothing through: declarations are checked when
    /// the bundle is loaded, requests by ``RecommendationPipeline/check(_:)`` before they come here.
    ///
    /// - Parameter fresh: the columns that are read when a request comes, of which nothing is known yet.
    /// - Complexity: O(history + items named), and O(N) for a condition that was not asked before
    static func rules(
        _ configured: [FilterConfiguration], request: PipelineRequest, visitor: Visitor, bundle: ServedBundle,
        now: Int64, fresh: Set<String>
    ) -> [PreparedFilter] {
        let items = bundle.items
        var rules: [PreparedFilter] = []
        if let allowed = items.allowedMask { rules.append(PreparedFilter("unavailable", kept: allowed)) }
        func indices(_ ids: some Sequence<String>) -> Set<Int32> {
            Set(ids.compactMap { bundle.data.items.index(of: $0).map(Int32.init) })
        }
        func column(_ condition: ColumnCondition) -> PreparedFilter {
            PreparedFilter(
                condition.column, kept: (try? bundle.columns.mask(condition)) ?? ItemMask(only: [], count: items.count))
        }
        func category(_ rule: String, _ test: ColumnCondition.Test, keepsOthers: Bool) -> PreparedFilter {
            // The category may be a column that is not shown, so that it goes by no name of its own.
            PreparedFilter(
                rule,
                kept: bundle.columns.mask(ColumnCondition("", test, keepsMissing: keepsOthers), of: items))
        }
        if !request.excluded.isEmpty { rules.append(PreparedFilter("excluded", excluded: indices(request.excluded))) }
        if !request.context.isEmpty { rules.append(PreparedFilter("context", excluded: indices(request.context))) }
        if let allowed = request.allowed {
            rules.append(PreparedFilter("not-allowed", kept: ItemMask(only: indices(allowed), count: items.count)))
        }
        if let names = request.categories {
            rules.append(category("category", .isOneOf(names), keepsOthers: false))
        }
        rules += request.columns.filter { !fresh.contains($0.column) }.map(column)
        for filter in configured {
            switch filter {
            case .seen(let kinds, let within):
                rules.append(contacts("seen", visitor, kinds: kinds, within: within, now: now))
            case .bought(let within):
                rules.append(contacts("bought", visitor, kinds: [.purchase], within: within, now: now))
            case .blocked(let ids, let categories):
                rules.append(PreparedFilter("blocked", excluded: indices(ids)))
                if !categories.isEmpty {
                    rules.append(category("blocked", .isNoneOf(Set(categories)), keepsOthers: true))
                }
            case .categories(let names):
                rules.append(category("category", .isOneOf(Set(names)), keepsOthers: false))
            case .column(let condition): if !fresh.contains(condition.column) { rules.append(column(condition)) }
            }
        }
        return rules.filter { $0.kept != nil || !$0.excluded.isEmpty }
    }

    private static func contacts(
        _ rule: String, _ visitor: Visitor, kinds: Set<Event.Kind>, within: Double?, now: Int64
    ) -> PreparedFilter {
        let since = within.map { now - Int64(min($0, 1e15)) } ?? .min
        return PreparedFilter(
            rule,
            excluded: Set(visitor.contacts.lazy.filter { kinds.contains($0.kind) && $0.time >= since }.map(\.item)))
    }
}

extension RequestBatch {
    /// Which items a search for a request may find, where the rules cannot be listed; nil: all but those listed.
    ///
    /// - Complexity: O(N) for a request with several such rules
    func allowedMask(_ row: Int) -> [Bool]? {
        let masks = filters[row].compactMap(\.kept)
        guard masks.count > 1 else { return masks.first?.values }
        return ItemMask(all: masks).values
    }
}
