import Core
import Stores
import Warehouse

/// Looks at the tables that features come from: columns and types, rows without key or moment, features without values,
/// twins, and how old the newest row is.
public struct FeatureSourceCheck {
    /// What was found of one view.
    public struct Result: Sendable {
        /// The view's name.
        public var view: String
        /// Rows of the source.
        public var rows = 0
        /// The newest row's moment; nil for an empty source.
        public var newest: FeatureTimestamp?
        /// For each feature the share of rows without a value, in 0…1.
        public var nulls: [(feature: String, share: Double)] = []
        /// What must be put right.
        public var faults: [String] = []
        /// What may be meant so.
        public var remarks: [String] = []
    }

    private let connection: Connection

    /// Checks tables of an open warehouse.
    public init(connection: Connection) { self.connection = connection }

    /// Checks a view's source; nil if the view has none.
    ///
    /// - Throws: what the database says of other matters than a missing table.
    public func run(_ view: FeatureView, now: FeatureTimestamp) throws -> Result? {
        guard let source = view.source else { return nil }
        var result = Result(view: view.name)
        try checkColumns(view, source, &result)
        guard result.faults.isEmpty else { return result }
        let queries = FeatureQueries(dialect: connection.dialect)
        let health = try connection.rows(queries.health(of: view, source: source, now: now))[0]
        func count(_ place: Int) -> Int { health[place].integer ?? health[place].string.flatMap { Int($0) } ?? 0 }
        result.rows = count(0)
        result.newest = health[3].integer.map { FeatureTimestamp(microseconds: Int64($0)) }
        if count(1) > 0 { result.faults.append("\(count(1)) rows have no '\(source.timestamp)'") }
        if count(4) > 0 {
            result.faults.append("\(count(4)) rows have no \(view.joinKeys.joined(separator: " or "))")
        }
        if count(2) > 0 { result.remarks.append("\(count(2)) rows are of the future") }
        for (place, field) in view.fields.enumerated() where result.rows > 0 {
            let share = Double(count(5 + place)) / Double(result.rows)
            result.nulls.append((field.name, share))
            if share == 1 { result.faults.append("'\(field.name)' has no value in any row") }
        }
        let twins = try connection.value(queries.duplicates(of: view, source: source))
        if let twins = twins?.integer ?? twins?.string.flatMap({ Int($0) }), twins > 0 {
            result.faults.append(
                "\(twins) rows have a twin of the same entity and moment; which of them counts is left to chance")
        }
        if result.rows == 0 { result.remarks.append("the table is empty") }
        if let newest = result.newest, let ttl = view.ttl, now.seconds(since: newest) > ttl {
            result.faults.append("the newest row is of \(newest.text): every feature is past its time to live")
        }
        return result
    }

    /// What is wrong with the tables and columns of a view's source; nothing for a view without one.
    ///
    /// - Throws: what the database says of other matters than a missing table.
    public func columnFaults(_ view: FeatureView) throws -> [String] {
        guard let source = view.source else { return [] }
        var result = Result(view: view.name)
        try checkColumns(view, source, &result)
        return result.faults
    }

    private func checkColumns(_ view: FeatureView, _ source: FeatureSource, _ result: inout Result) throws {
        do {
            let schema = try connection.columns(of: source.table.split(separator: ".").map(String.init))
            checkColumns(view, source, schema, &result)
        } catch let error as MartletError where error.code == .notFound {
            result.faults.append("there is no table '\(source.table)'")
        }
    }

    private func checkColumns(_ view: FeatureView, _ source: FeatureSource, _ schema: Schema, _ result: inout Result) {
        func find(_ name: String) -> ColumnSchema? {
            schema[name] ?? schema.columns.first { $0.name.lowercased() == name.lowercased() }
        }
        func missing(_ name: String) {
            let near = nearest(to: name, among: schema.names).map { "; did you mean '\($0)'?" } ?? ""
            result.faults.append("'\(source.table)' has no column '\(name)'\(near)")
        }
        for (name, type) in view.entities.map({ ($0.joinKey, $0.type) }) + view.fields.map({ ($0.name, $0.type) }) {
            guard let column = find(name) else {
                missing(name)
                continue
            }
            if !FeatureValue.canRead(column, as: type) {
                let found = column.isList ? "lists of \(column.type.rawValue)" : column.type.rawValue
                result.faults.append("column '\(name)' holds \(found), the field is declared \(type.rawValue)")
            }
        }
        for name in [source.timestamp, source.created].compactMap(\.self) {
            guard let column = find(name) else {
                missing(name)
                continue
            }
            if column.type != .timestamp || column.isList {
                result.faults.append("column '\(name)' holds \(column.type.rawValue), and no moments")
            }
        }
    }
}
