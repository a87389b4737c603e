import Tensor

/// Whether being similar goes both ways.
public enum SimilarityTests {
    /// For each item, which share of its similar items names it as similar in turn; nil for an item without any.
    ///
    /// - Parameters:
    ///   - items: the items to ask for.
    ///   - k: how many similar items to ask for.
    ///   - similar: a model's similar items.
    /// - Throws: what `similar` throws.
    public static func symmetry(
        of items: [Int32], k: Int, similar: (_ items: [Int32], _ k: Int) throws -> RankedLists
    ) throws -> [Double?] {
        let lists = try similar(items, k)
        let others = Set(lists.items.filter { $0 >= 0 }).sorted()
        guard !others.isEmpty else { return items.map { _ in nil } }
        let back = try similar(others, k)
        let place = Dictionary(others.enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
        return items.indices.map { number in
            let near = lists[number]
            guard !near.isEmpty else { return nil }
            return Double(near.count { back[place[$0]!].contains(items[number]) }) / Double(near.count)
        }
    }
}
