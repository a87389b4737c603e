import Core
import Features
import Synchronization

/// The columns of a bundle's items that filters ask about: what is shown of the items, and their categorical features.
///
/// A column is read when it is first asked for, and what came of a condition is kept: a shop asks for the same
/// categories and price bands again and again.
final class ItemColumns: Sendable {
    private enum Values: Sendable {
        /// NaN where there is no number.
        case numbers([Double])
        /// The place of each item's text among `names`; −1 where there is none.
        case texts(places: [Int32], names: [String])
    }

    private struct State {
        var columns: [String: Values] = [:]
        var masks: [ColumnCondition: ItemMask] = [:]
        /// The conditions of ``masks``, the oldest first.
        var order: [ColumnCondition] = []
    }

    private let data: InteractionDataset
    private let state = Mutex(State())
    /// How many masks are kept: one byte an item each.
    private static let mostMasks = 64

    init(_ data: InteractionDataset) { self.data = data }

    /// The columns that there are.
    var names: [String] {
        let shown = data.catalogue?.schema.names ?? []
        let coded = data.workflow.features(.item).filter { Self.vocabulary($0) != nil }.map(\.name)
        return shown + coded.filter { !shown.contains($0) }
    }

    /// Which items a condition lets through.
    ///
    /// - Throws: `notFound` for a column that there is not, `invalidData` where numbers are asked of a column of texts.
    /// - Complexity: O(N) the first time a condition is asked
    func mask(_ condition: ColumnCondition) throws(MartletError) -> ItemMask {
        if let known = state.withLock({ $0.masks[condition] }) { return known }
        let mask: ItemMask
        switch try values(of: condition.column) {
        case .numbers(let numbers):
            mask =
                condition.needsNumbers
                ? ItemMask(count: numbers.count) { condition.passes(numbers[$0]) }
                : ItemMask(count: numbers.count) {
                    numbers[$0].isNaN
                        ? condition.keepsMissing : condition.passes(JSONValue.number(numbers[$0]).description)
                }
        case .texts(let places, let names):
            if condition.needsNumbers, !names.contains(where: { Double($0) != nil }) {
                throw MartletError(
                    .invalidData, "'\(condition.column)' holds texts, and a range was asked for",
                    hint: names.first.map { "ask for one of its values, such as '\($0)'" })
            }
            let passing = names.map { condition.passes($0) }
            mask = ItemMask(count: places.count) {
                places[$0] < 0 ? condition.keepsMissing : passing[Int(places[$0])]
            }
        }
        keep(mask, condition)
        return mask
    }

    /// Which items a condition on their categories lets through.
    func mask(_ condition: ColumnCondition, of items: ItemTable) -> ItemMask {
        if let known = state.withLock({ $0.masks[condition] }) { return known }
        let passing = items.categories.map { condition.passes($0) }
        let mask = ItemMask(count: items.count) {
            items.category[$0] < 0 ? condition.keepsMissing : passing[Int(items.category[$0])]
        }
        keep(mask, condition)
        return mask
    }

    private func keep(_ mask: ItemMask, _ condition: ColumnCondition) {
        state.withLock { state in
            guard state.masks.updateValue(mask, forKey: condition) == nil else { return }
            state.order.append(condition)
            if state.order.count > Self.mostMasks { state.masks[state.order.removeFirst()] = nil }
        }
    }

    /// The numbers of a column by item, NaN where there is none.
    ///
    /// - Throws: `notFound` for a column that there is not, `invalidData` for one of texts.
    func numbers(_ name: String) throws(MartletError) -> [Double] {
        if case .numbers(let numbers) = try values(of: name) { return numbers }
        throw MartletError(
            .invalidData, "'\(name)' holds texts, and numbers are asked for", hint: "cast it in the items' SQL")
    }

    private func values(of name: String) throws(MartletError) -> Values {
        if let known = state.withLock({ $0.columns[name] }) { return known }
        guard let read = try? read(name) else {
            let names = names
            throw MartletError(
                .notFound, "there is no column '\(name)' of the items",
                hint: nearest(to: name, among: names).map { "did you mean '\($0)'?" }
                    ?? (names.isEmpty
                        ? "name columns under 'items.show'" : "the columns are \(names.joined(separator: ", "))"))
        }
        state.withLock { $0.columns[name] = read }
        return read
    }

    private func read(_ name: String) throws -> Values? {
        let count = data.items.count
        if let catalogue = data.catalogue, catalogue.schema.names.contains(name) {
            let column = try catalogue.column(name)
            if case .string = column.values { return Self.texts((0..<count).map { column.text($0) }) }
            return .numbers((0..<count).map { column.number($0) ?? .nan })
        }
        guard let feature = data.workflow.features(.item).first(where: { $0.name == name }),
            let vocabulary = Self.vocabulary(feature),
            case .int32(let codes) = try data.items.features?.column(name).values
        else { return nil }
        return Self.texts((0..<count).map { vocabulary.category(codes[$0]) })
    }

    private static func vocabulary(_ feature: Feature) -> Vocabulary? {
        feature.operators.lazy.compactMap { $0 as? Categorify }.last?.vocabulary
    }

    private static func texts(_ values: [String?]) -> Values {
        var known: [String: Int32] = [:]
        var names: [String] = []
        let places = values.map { value -> Int32 in
            guard let value else { return -1 }
            if let place = known[value] { return place }
            known[value] = Int32(names.count)
            names.append(value)
            return Int32(names.count - 1)
        }
        return .texts(places: places, names: names)
    }
}
