import Core

/// Rows that are pushed into a view, as `feast serve` takes them: a list of values for each column.
public struct PushedRows: Sendable {
    /// The rows, ready to be written.
    public var rows: [OnlineRow]

    /// Reads the columns that a view needs; other columns are passed over, and features without a column stay as they
    /// are in the store.
    ///
    /// - Parameters:
    ///   - columns: an object of arrays of one length.
    ///   - view: the view, whose join keys and column of moments must be there.
    ///   - project: the project's name.
    /// - Throws: `invalidData` that names the column, the row, and what was found.
    public init(_ columns: JSONValue, view: FeatureView, project: String) throws(MartletError) {
        guard let columns = columns.object else {
            throw MartletError(
                .invalidData, "rows must be an object of columns",
                hint: "write {\"\(view.joinKeys.first ?? "key")\": [1, 2], …}")
        }
        let moments = try Self.column(Self.timestampColumn(of: view, in: columns), columns)
        let keys = try view.entities.map { entity throws(MartletError) in
            try Self.values(entity.joinKey, columns, as: entity.type, rows: moments.count)
        }
        let features = try view.fields.map { field throws(MartletError) -> [FeatureValue]? in
            columns[field.name] == nil
                ? nil : try Self.values(field.name, columns, as: field.type, rows: moments.count)
        }
        guard features.contains(where: { $0 != nil }) else {
            throw MartletError(
                .invalidData, "there is no column of a feature of view '\(view.name)'",
                hint: "its features are \(view.fields.map(\.name).joined(separator: ", "))")
        }
        rows = []
        rows.reserveCapacity(moments.count)
        for (row, moment) in moments.enumerated() {
            guard let text = moment.string, let timestamp = FeatureTimestamp(parsing: text) else {
                throw MartletError(
                    .invalidData,
                    "row \(row) of '\(Self.timestampColumn(of: view, in: columns))' is no moment, found \(moment)",
                    hint: "write text such as \"2026-11-24T09:30:00Z\"")
            }
            let key = keys.map { $0[row] }
            for (entity, value) in zip(view.entities, key) where value == .null {
                throw MartletError(
                    .invalidData, "row \(row) has no '\(entity.joinKey)'", hint: "leave the row out, or give it a key")
            }
            rows.append(
                OnlineRow(
                    key: view.key(key, project: project), timestamp: timestamp, values: features.map { $0?[row] }))
        }
    }

    /// The name of the column that says since when a row is true: the source's, or Feast's usual one.
    static func timestampColumn(of view: FeatureView, in columns: [String: JSONValue]) -> String {
        guard let name = view.source?.timestamp, columns[name] != nil || columns["event_timestamp"] == nil else {
            return "event_timestamp"
        }
        return name
    }

    private static func column(_ name: String, _ columns: [String: JSONValue]) throws(MartletError) -> [JSONValue] {
        guard let column = columns[name] else {
            throw MartletError(
                .invalidData, "the column '\(name)' is missing",
                hint: nearest(to: name, among: columns.keys.sorted()).map { "did you mean '\($0)'?" }
                    ?? "the columns are \(columns.keys.sorted().joined(separator: ", "))")
        }
        guard let values = column.array else {
            throw MartletError(
                .invalidData, "the column '\(name)' is no list of values", hint: "write \"\(name)\": […]")
        }
        return values
    }

    private static func values(
        _ name: String, _ columns: [String: JSONValue], as type: FeatureType, rows: Int
    ) throws(MartletError) -> [FeatureValue] {
        let column = try column(name, columns)
        guard column.count == rows else {
            throw MartletError(
                .invalidData, "the column '\(name)' has \(column.count) values, others have \(rows)",
                hint: "give every column one value a row")
        }
        var values: [FeatureValue] = []
        values.reserveCapacity(rows)
        for (row, json) in column.enumerated() {
            do {
                values.append(try FeatureValue(json, as: type))
            } catch {
                throw MartletError(
                    .invalidData, "row \(row) of '\(name)': \(error.message)", hint: error.hint)
            }
        }
        return values
    }
}

extension FeatureStore {
    /// Writes pushed rows into every view of a push source.
    ///
    /// - Throws: `notFound` for an unknown source, `invalidData` before anything is written, or what the store throws.
    public func push(_ columns: JSONValue, to source: String) async throws -> OnlineWriteCount {
        let parsed = try definitions.views(pushedAs: source).map { view in
            (view, try PushedRows(columns, view: view, project: definitions.project).rows)
        }
        var count = OnlineWriteCount()
        for (view, rows) in parsed { count += try await write(rows, view: view) }
        return count
    }
}
