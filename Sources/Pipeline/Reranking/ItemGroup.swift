import Core
import Features

/// Items that a rule is about: those named, of the categories, that a condition lets through, or first sold lately.
public struct ItemGroup: Sendable {
    /// The ids.
    public var items: [String] = []
    /// The names of categories.
    public var categories: [String] = []
    /// What a column must hold; nil: no column counts.
    public var condition: ColumnCondition?
    /// How long ago an item may have appeared, in seconds; nil: it doesn't count.
    public var newWithin: Double?

    /// Makes an empty group.
    public init() {}

    /// Whether nothing says who belongs to it.
    var isEmpty: Bool { items.isEmpty && categories.isEmpty && condition == nil && newWithin == nil }

    /// Which items of a bundle belong to the group at a moment, as a test.
    ///
    /// - Complexity: O(items + categories)
    func members(of bundle: ServedBundle, now: Int64) -> (Int32) -> Bool {
        let named = Set(items.compactMap { bundle.data.items.index(of: $0).map(Int32.init) })
        let places = Set(categories.compactMap(bundle.items.place(ofCategory:)))
        let mask = condition.flatMap { try? bundle.columns.mask($0) }
        let since = newWithin.map { now - Int64(min($0, 1e15)) }
        return { item in
            if named.contains(item) || places.contains(bundle.items.category[Int(item)]) || mask?[item] ?? false {
                return true
            }
            return since.map { bundle.items.isNew(item, since: $0) } ?? false
        }
    }
}
