import Core
import Features
import Stores

/// A rule as it applies to one request: which items it drops.
package struct PreparedFilter: Sendable {
    /// The word that answers name the rule by.
    package let rule: String
    /// The items it drops, where they can be listed.
    let excluded: Set<Int32>
    /// Whether it drops an item, where they cannot.
    private let test: (@Sendable (Int32) -> Bool)?

    /// A rule that drops listed items.
    init(_ rule: String, excluded: Set<Int32>) {
        self.rule = rule
        self.excluded = excluded
        test = nil
    }

    /// A rule that drops whatever `test` says.
    init(_ rule: String, test: @escaping @Sendable (Int32) -> Bool) {
        self.rule = rule
        excluded = []
        self.test = test
    }

    /// Whether the items it drops cannot be listed.
    var needsTest: Bool { test != nil }

    /// Whether the rule drops an item.
    package func drops(_ item: Int32) -> Bool { test?(item) ?? excluded.contains(item) }
}

extension PreparedFilter {
    /// The rules of a request in their order: what the shop does not sell, what the request says, what is declared.
    ///
    /// - Complexity: O(history + items named)
    static func rules(
        _ configured: [FilterConfiguration], request: PipelineRequest, visitor: Visitor, bundle: ServedBundle,
        now: Int64
    ) -> [PreparedFilter] {
        let items = bundle.items
        var rules: [PreparedFilter] = []
        if items.allowedMask != nil {
            rules.append(PreparedFilter("unavailable") { items.isAllowed[Int($0)] == 0 })
        }
        func indices(_ ids: some Sequence<String>) -> Set<Int32> {
            Set(ids.compactMap { bundle.data.items.index(of: $0).map(Int32.init) })
        }
        if !request.excluded.isEmpty { rules.append(PreparedFilter("excluded", excluded: indices(request.excluded))) }
        if !request.context.isEmpty { rules.append(PreparedFilter("context", excluded: indices(request.context))) }
        if let allowed = request.allowed {
            let kept = indices(allowed)
            rules.append(PreparedFilter("not-allowed") { !kept.contains($0) })
        }
        if let names = request.categories { rules.append(category(only: names, items)) }
        for filter in configured {
            switch filter {
            case .seen(let kinds, let within):
                rules.append(contacts("seen", visitor, kinds: kinds, within: within, now: now))
            case .bought(let within):
                rules.append(contacts("bought", visitor, kinds: [.purchase], within: within, now: now))
            case .blocked(let ids, let categories):
                let places = Set(categories.compactMap(items.place(ofCategory:)))
                let blocked = indices(ids)
                if places.isEmpty {
                    rules.append(PreparedFilter("blocked", excluded: blocked))
                } else {
                    rules.append(
                        PreparedFilter("blocked") { blocked.contains($0) || places.contains(items.category[Int($0)]) })
                }
            case .categories(let names): rules.append(category(only: Set(names), items))
            }
        }
        return rules.filter { $0.needsTest || !$0.excluded.isEmpty }
    }

    private static func category(only names: Set<String>, _ items: ItemTable) -> PreparedFilter {
        let places = Set(names.compactMap(items.place(ofCategory:)))
        return PreparedFilter("category") { !places.contains(items.category[Int($0)]) }
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
    /// - Complexity: O(N) for a request with such a rule
    func allowedMask(_ row: Int) -> [Bool]? {
        let tests = filters[row].filter(\.needsTest)
        guard !tests.isEmpty else { return nil }
        if tests.count == 1, tests[0].rule == "unavailable" { return bundle.items.allowedMask }
        return (0..<Int32(bundle.items.count)).map { item in !tests.contains { $0.drops(item) } }
    }
}
