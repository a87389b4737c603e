import Core
import Features
import Pipeline
import Stores
import Warehouse

/// Rows of the warehouse's tables as they would come at serving: one by one, as JSON.
public struct ParityRows {
    private let project: ProjectConfiguration

    /// Prepares for a project.
    public init(_ project: ProjectConfiguration) { self.project = project }

    /// The rows of some users or items; none if the project has no such table or makes no features of it.
    ///
    /// - Throws: what the warehouse throws.
    /// - Complexity: O(rows of the table)
    public func rows(
        _ group: FeatureGroup, of ids: Set<String>, workflow: Workflow
    ) throws -> [(id: String, values: [String: JSONValue])] {
        let dataset = project.dataset
        guard let id = group == .user ? dataset.users?.id : dataset.items?.id, !workflow.features(group).isEmpty else {
            return []
        }
        let tables = ShopTables(
            connection: try Warehouse(project.warehouse).connect(), configuration: dataset, workflow: project.workflow)
        guard let stream = try (group == .user ? tables.users : tables.items)?() else { return [] }
        var found: [(id: String, values: [String: JSONValue])] = []
        let sources = workflow.sources(group)
        while let table = try stream.next() {
            let keys = try table.column(id)
            for row in 0..<table.rowCount {
                guard let key = keys.text(row) ?? keys.number(row).map({ Self.whole($0) }), ids.contains(key) else {
                    continue
                }
                var values: [String: JSONValue] = [:]
                for name in sources { values[name] = Self.value(try table.column(name), row) }
                if let name = workflow.idColumns[group] { values[name] = .string(key) }
                found.append((key, values))
            }
        }
        return found
    }

    private static func whole(_ number: Double) -> String { Int64(exactly: number).map(String.init) ?? "\(number)" }

    private static func value(_ column: Column, _ row: Int) -> JSONValue {
        if column.isNull(row) { return .null }
        if let offsets = column.listOffsets {
            return .array((Int(offsets[row])..<Int(offsets[row + 1])).map { single(column.values, $0) })
        }
        return single(column.values, row)
    }

    private static func single(_ values: Column.Values, _ row: Int) -> JSONValue {
        switch values {
        case .string(let offsets, let bytes):
            .string(String(decoding: bytes.values[Int(offsets[row])..<Int(offsets[row + 1])], as: UTF8.self))
        case .bool(let values): .bool(values[row] != 0)
        case .int32(let values): .integer(Int64(values[row]))
        case .int64(let values): .integer(values[row])
        case .timestamp(let values): .string(EventTime.text(values[row]))
        case .float32(let values): .number(Double(values[row]))
        case .float64(let values): .number(values[row])
        }
    }
}
