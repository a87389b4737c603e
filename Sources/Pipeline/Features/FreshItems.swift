import Core
import Features
import Models
import Stores

/// What was read of the candidates of a batch when the requests came.
struct FreshItems: Sendable {
    /// The items in the rows' order.
    let items: [Int32]
    private let rows: [Int32: Int]
    private let columns: [String: OnlineFeatures.Column]

    /// The features that the models learned from; nil if none of them was read.
    var encoded: EncodedItems?

    init(_ items: [Int32], _ features: OnlineFeatures) {
        self.items = items
        rows = Dictionary(uniqueKeysWithValues: items.enumerated().map { ($1, $0) })
        columns = Dictionary(features.columns.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Whether an item was asked for.
    func has(_ item: Int32) -> Bool { rows[item] != nil }

    /// What is known of an item, and when it was written, in microseconds since 1970.
    func features(of item: Int32) -> FreshFeatures? {
        guard let row = rows[item] else { return nil }
        var told = FreshFeatures(values: [:])
        for (name, column) in columns where column.statuses[row] == .present {
            told.values[name] = column.values[row].json
            told.time = min(told.time ?? .max, column.timestamps[row].microseconds)
        }
        return told.values.isEmpty ? nil : told
    }

    /// Whether an item passes a condition; what is missing passes as the condition says.
    func passes(_ condition: ColumnCondition, _ item: Int32) -> Bool {
        guard let row = rows[item], let column = columns[condition.column], column.statuses[row] == .present else {
            return condition.keepsMissing
        }
        let value = column.values[row]
        if condition.needsNumbers { return value.number.map { condition.passes($0) } ?? condition.keepsMissing }
        // Of a list, one element is enough.
        let texts = Self.texts(value)
        if case .isNoneOf = condition.test { return texts.allSatisfy { condition.passes($0) } }
        return texts.contains { condition.passes($0) }
    }

    private static func texts(_ value: FeatureValue) -> [String] {
        switch value.json {
        case .string(let text): [text]
        case .array(let values): values.map { $0.string ?? $0.description }
        case let other: [other.description]
        }
    }

    /// The features that the models learned from, encoded as in training; nil if none of them was read.
    ///
    /// - Throws: `invalidData` for a value of another type than in training.
    func encode(_ workflow: Workflow) throws -> EncodedItems? {
        var sources: [(String, Column)] = []
        for feature in workflow.features(.item) {
            guard let source = feature.source, !sources.contains(where: { $0.0 == source }),
                let column = columns[source], let kind = feature.sourceKind, !feature.isList
            else { continue }
            sources.append((source, Self.column(column, kind)))
        }
        guard !sources.isEmpty else { return nil }
        // What the store knows nothing of keeps the bundle's features.
        let known = items.indices.filter { row in
            sources.allSatisfy { columns[$0.0]!.statuses[row] == .present }
        }
        guard !known.isEmpty else { return nil }
        return EncodedItems(
            items: known.map { items[$0] }, rows: known, table: try workflow.encode(columns: sources, group: .item))
    }

    private static func column(_ column: OnlineFeatures.Column, _ kind: FeatureKind) -> Column {
        let isThere = column.statuses.map { $0 == .present }
        func each<Value>(_ value: (FeatureValue) -> Value?) -> [Value?] {
            column.values.indices.map { isThere[$0] ? value(column.values[$0]) : nil }
        }
        switch kind {
        case .text:
            return Column(strings: each { if case .string(let text) = $0 { text } else { $0.json.description } })
        case .real: return Column(doubles: each(\.number))
        case .integer, .code: return Column(integers: each { $0.number.flatMap { Int64(exactly: $0) } })
        case .moment: return Column(timestamps: each { $0.number.map { Int64($0 * 1e6) } })
        }
    }
}
