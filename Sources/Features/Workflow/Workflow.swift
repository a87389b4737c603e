import Core

/// How raw columns become what models learn from: features of users, of items and of the moment, each a chain of
/// ``FeatureOperator``s.
///
/// Fitted on training rows, saved with the dataset and with every model, and run again at serving: ``transform(_:group:)``
/// and ``encode(row:group:)`` are one code.
///
/// ```yaml
/// features:
///   user: {age: [fill-missing: 0, bucketize: {every: 5}, categorify]}
///   item: {mean_price: [join-group-by: {column: price, aggregate: mean}, normalize]}
///   context: {t_dat: [month]}
///   history: {length: 20}
/// ```
public struct Workflow: Codable, Sendable {
    /// The features of all groups, in the project's order.
    public internal(set) var features: [Feature]
    /// How many of a user's last items make the list column ``historyColumn``; nil for no such column.
    public var historyLength: Int?
    /// The name of the list of a user's last items (item indices, the oldest first).
    public static let historyColumn = "history"
    /// The column that holds the id of a row's user or item, by group (in `context`: of the user).
    public internal(set) var idColumns: [FeatureGroup: String] = [.user: "id", .item: "id", .context: "user"]
    /// The ids by index, for those groups whose features need them.
    var keys: [FeatureGroup: EntityKeys] = [:]

    /// Makes a workflow that is not fitted.
    public init(features: [Feature] = [], historyLength: Int? = nil) {
        self.features = features
        self.historyLength = historyLength
    }

    /// Reads the key `features` of a project; faults go to the fields' diagnostics.
    public init(_ project: inout ConfigurationFields) {
        var fields = project.fields("features")
        features = []
        for group in FeatureGroup.allCases {
            let path = "\(fields.name(of: group.rawValue))"
            for entry in fields.named(group.rawValue) {
                if Self.reserved(group).contains(entry.key) {
                    fields.diagnostics.report(
                        "'\(path).\(entry.key)' would hide the dataset's own column '\(entry.key)'",
                        hint: "name it otherwise: '\(entry.key)_feature: {from: \(entry.key), operators: […]}'",
                        at: entry.location)
                }
                if let feature = Feature(
                    name: entry.key, group: group, at: entry.location, entry.value, path: "\(path).\(entry.key)",
                    diagnostics: fields.diagnostics)
                {
                    features.append(feature)
                }
            }
        }
        if fields.has("history") {
            var history = fields.fields("history")
            historyLength = history.integer("length", default: 20, in: 1...10_000)
            history.finish()
        }
        fields.finish()
    }

    /// Names that a dataset keeps for itself.
    static func reserved(_ group: FeatureGroup) -> [String] {
        group == .context ? InteractionDataset.baseColumns : ["id", historyColumn]
    }

    /// The features of one group.
    public func features(_ group: FeatureGroup) -> [Feature] { features.filter { $0.group == group } }

    /// The columns that come out for a group; the workflow must be fitted.
    public func schema(_ group: FeatureGroup) -> Schema { Schema(features(group).map(\.schema)) }

    /// The columns that must go in for a group.
    public func sources(_ group: FeatureGroup) -> [String] {
        var seen: Set<String> = []
        return features(group).compactMap(\.source).filter { seen.insert($0).inserted }
    }
}

extension Workflow {
    /// Encodes the rows of a table.
    ///
    /// - Parameters:
    ///   - table: the group's source columns, and its id column where a feature depends on it.
    ///   - group: which features to make.
    /// - Returns: one column a feature: `int32` codes, or `float32` numbers; no nulls.
    /// - Throws: `notFound` with the nearest name for a missing column, `invalidData` for one of another type.
    /// - Complexity: O(rows × operators)
    public func transform(_ table: Table, group: FeatureGroup) throws -> Table {
        let features = features(group)
        let rows = features.contains { $0.needsRows } ? try self.rows(table, group: group) : FeatureRows()
        let columns = try features.map { feature in
            try feature.encode(input(feature, table), rows: rows)
        }
        return try Table(schema: schema(group), columns: columns)
    }

    func input(_ feature: Feature, _ table: Table) throws -> FeatureColumn {
        guard let source = feature.source else {
            return FeatureColumn(.real([Double](repeating: .nan, count: table.rowCount)))
        }
        let column = try table.column(source)
        let kind = FeatureKind(column.type)
        guard let expected = feature.sourceKind else {
            throw feature.fault(OperatorFault.notFitted("the workflow"))
        }
        guard (column.listOffsets != nil) == feature.isList else {
            throw feature.fault(
                MartletError(
                    .invalidData,
                    "column '\(source)' holds \(feature.isList ? "no lists" : "lists"), unlike in training"))
        }
        let values = FeatureColumn(column, rows: 0..<column.count)
        if kind == expected { return values }
        // A whole number is a number, and a date in words is a date; nothing else passes for something else.
        switch (kind, expected) {
        case (.integer, .real): return values.with(.real(values.reals))
        case (.text, .moment):
            guard case .text(let texts) = values.values else { preconditionFailure("text is text") }
            do {
                return values.with(.moment(try ISOTime.microseconds(texts)))
            } catch let error as MartletError {
                throw feature.fault(error)
            }
        default:
            throw feature.fault(
                MartletError(
                    .invalidData, "column '\(source)' holds \(kind.words), in training it held \(expected.words)",
                    hint: "cast it in SQL"))
        }
    }

    /// Whose rows a table holds, by its id column; nobody knows if it has none.
    private func rows(_ table: Table, group: FeatureGroup) throws -> FeatureRows {
        guard let name = idColumns[group], table.schema.index(of: name) != nil else { return FeatureRows() }
        let ids = try IDText.texts(table.column(name), name: name)
        guard case .string(let offsets, let bytes) = ids.values else { preconditionFailure("ids are text") }
        defer { withExtendedLifetime(ids) {} }
        let table = keys[group]?.ids.lookup
        var rows = FeatureRows(entities: table == nil ? nil : [], hashes: [])
        for row in 0..<ids.count {
            let text = UnsafeBufferPointer(rebasing: bytes.values[Int(offsets[row])..<Int(offsets[row + 1])])
            rows.hashes?.append(text.baseAddress.map { TextHash.hash($0, text.count) } ?? TextHash.hash(""))
            if let table { rows.entities?.append(table.find(text)) }
        }
        return rows
    }
}
