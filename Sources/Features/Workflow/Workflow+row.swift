import Core

/// One encoded row.
public struct EncodedRow: Sendable {
    /// The row as a table of one row.
    public let table: Table

    /// The code of a categorical feature; nil if there is none of this name.
    public func code(_ name: String) -> Int32? {
        guard let column = try? table.column(name), column.listOffsets == nil, case .int32(let values) = column.values
        else { return nil }
        return values[0]
    }

    /// The number of a continuous feature; nil if there is none of this name.
    public func number(_ name: String) -> Float? {
        guard let column = try? table.column(name), column.listOffsets == nil,
            case .float32(let values) = column.values
        else { return nil }
        return values[0]
    }

    /// The codes (or item indices) of a list feature; nil if there is none of this name.
    public func list(_ name: String) -> [Int32]? {
        guard let column = try? table.column(name), column.listOffsets != nil, case .int32(let values) = column.values
        else { return nil }
        return values.array
    }
}

extension Workflow {
    /// Encodes one row as it comes at serving.
    ///
    /// A key that is absent is a null. In the group `user`, with ``historyLength``, the key `history` (item ids, the
    /// oldest first) becomes the list column of the same name.
    ///
    /// - Parameters:
    ///   - row: source columns by name, and the id column where a feature depends on it. A timestamp is text by ISO
    ///     8601 or a number of seconds since 1970.
    ///   - group: which features to make.
    /// - Throws: `invalidData` for a value of another type; `notFound` for a key that looks like a misspelt source.
    /// - Complexity: O(features), some microseconds each
    public func encode(row: [String: JSONValue], group: FeatureGroup) throws -> EncodedRow {
        let features = features(group)
        var columns: [(String, Column)] = []
        var given: Set<String> = []
        for feature in features {
            guard let source = feature.source, given.insert(source).inserted else { continue }
            if row[source] == nil { try checkSpelling(of: source, in: row, group: group) }
            do {
                columns.append((source, try RowValue.column(row[source] ?? .null, for: feature)))
            } catch let error as MartletError {
                throw feature.fault(error)
            }
        }
        if features.contains(where: \.needsRows), let name = idColumns[group], let id = row[name],
            let text = RowValue.text(id), given.insert(name).inserted
        {
            columns.append((name, Column(strings: [text])))
        }
        if columns.isEmpty { columns.append(("", Column(integers: [0]))) }
        var encoded = try transform(Table(columns), group: group)
        if group == .user, let historyLength {
            encoded = try encoded.appending(
                history(row[Self.historyColumn], length: historyLength),
                as: ColumnSchema(Self.historyColumn, .int32, tags: [.user, .list, .categorical]))
        }
        return EncodedRow(table: encoded)
    }

    /// The indices of the last known items of a list of item ids.
    private func history(_ value: JSONValue?, length: Int) throws -> Column {
        let ids: [JSONValue]
        switch value {
        case nil, .null: ids = []
        case .array(let values): ids = values
        default:
            throw MartletError(
                .invalidData, "'\(Self.historyColumn)' must be a list of item ids", hint: "write [\"id\", \"id\"]")
        }
        let known = ids.compactMap { id in
            RowValue.text(id).flatMap { text in keys[.item]?.ids.index(of: text) }
        }
        let last = known.suffix(length).map(Int32.init)
        return Column(.int32(Buffer(last)), listOffsets: Buffer([0, Int64(last.count)]))
    }

    private func checkSpelling(of source: String, in row: [String: JSONValue], group: FeatureGroup) throws {
        let known = Set(sources(group) + [idColumns[group] ?? "", Self.historyColumn])
        let strangers = row.keys.filter { !known.contains($0) }.sorted()
        if let found = nearest(to: source, among: strangers) {
            throw MartletError(
                .notFound, "there is no '\(source)' in the row, but a '\(found)'", hint: "did you mean '\(source)'?")
        }
    }
}

/// Values of JSON as columns of one row.
private enum RowValue {
    /// The text of an id: text as it is, numbers by their shortest text.
    static func text(_ value: JSONValue) -> String? {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let number): NumberText.text(number)
        default: nil
        }
    }

    static func column(_ value: JSONValue, for feature: Feature) throws -> Column {
        guard let kind = feature.sourceKind else { throw OperatorFault.notFitted("the workflow") }
        guard feature.isList else { return try column([value], kind) }
        switch value {
        case .array(let elements):
            var column = try column(elements.filter { $0 != .null }, kind)
            column.listOffsets = Buffer([0, Int64(column.values.count)])
            return column
        case .null:
            var column = try column([], kind)
            column.listOffsets = Buffer([0, 0])
            return column
        default: throw MartletError(.invalidData, "takes a list, found \(value)")
        }
    }

    private static func column(_ values: [JSONValue], _ kind: FeatureKind) throws -> Column {
        switch kind {
        case .text:
            return Column(
                strings: try values.map { value in
                    if value == .null { return nil }
                    guard case .string(let text) = value else { throw wrong(value, "text") }
                    return text
                })
        case .real: return Column(doubles: try values.map { try number($0) })
        case .integer, .code:
            if values.contains(where: { if case .number = $0 { $0.integer == nil } else { false } }) {
                // 21.5 where training had whole numbers: refused by the kind, not rounded in silence.
                throw wrong(values.first ?? .null, "a whole number")
            }
            return Column(
                integers: try values.map { value in
                    if case .bool(let truth) = value { return truth ? 1 : 0 }
                    if value == .null { return nil }
                    guard let whole = value.integer else { throw wrong(value, "a whole number") }
                    return Int64(whole)
                })
        case .moment:
            return Column(
                timestamps: try values.map { value in
                    if value == .null { return nil }
                    if case .string(let text) = value, let moment = ISOTime.microseconds(text) { return moment }
                    guard let seconds = value.number, abs(seconds) < 1e11 else { throw wrong(value, "a date") }
                    return Int64((seconds * 1_000_000).rounded())
                })
        }
    }

    private static func number(_ value: JSONValue) throws -> Double? {
        switch value {
        case .null: return nil
        case .integer, .number: return value.number
        case .bool(let truth): return truth ? 1 : 0
        default: throw wrong(value, "a number")
        }
    }

    private static func wrong(_ value: JSONValue, _ wanted: String) -> MartletError {
        MartletError(.invalidData, "takes \(wanted), found \(value)")
    }
}

extension Table {
    /// The table with one more column behind.
    fileprivate func appending(_ column: Column, as described: ColumnSchema) throws -> Table {
        try Table(schema: Schema(schema.columns + [described]), columns: columns + [column])
    }
}
