import Core
import Features
import FoundationEssentials
import Testing

extension Testing.Tag {
    /// Tests that take more than a second or two.
    @Testing.Tag static var slow: Self
}

/// A folder that is removed with its owner.
final class TemporaryFolder {
    let path: String

    init() {
        path = NSTemporaryPath.make()
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// The names of all there is, sorted.
    var contents: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

enum NSTemporaryPath {
    static func make() -> String {
        FileManager.default.temporaryDirectory.path + "/martlet-features-\(UInt64.random(in: 0 ... .max))"
    }
}

/// Reads the features of a project's YAML.
func workflow(_ yaml: String) throws -> Workflow {
    let diagnostics = Diagnostics()
    var fields = ConfigurationFields(
        try ConfigurationNode(yaml: yaml, file: "martlet.yml"), diagnostics: diagnostics)
    let workflow = Workflow(&fields)
    fields.finish()
    try diagnostics.throwIfAny()
    return workflow
}

/// The faults of a project's YAML, as text.
func faults(_ yaml: String, _ read: (inout ConfigurationFields) -> Void) throws -> [String] {
    let diagnostics = Diagnostics()
    var fields = ConfigurationFields(
        try ConfigurationNode(yaml: yaml, file: "martlet.yml"), diagnostics: diagnostics)
    read(&fields)
    fields.finish()
    return diagnostics.errors.map(\.description)
}

let day: Int64 = 86_400

/// A stream of one table of named columns, cut into batches.
func stream(_ columns: [(String, Column)], batch: Int = 1000) throws -> TableSequence {
    let whole = try Table(columns)
    let tables = try stride(from: 0, to: whole.rowCount, by: batch).map { start in
        try Table(
            columns.map { name, column in
                let range = start..<min(start + batch, whole.rowCount)
                switch column.values {
                case .string: return (name, Column(strings: range.map { column.text($0) }))
                case .float64: return (name, Column(doubles: range.map { column.number($0) }))
                case .timestamp: return (name, Column(timestamps: range.map { column.number($0).map { Int64($0) } }))
                case .int64(let values):
                    return (name, Column(integers: range.map { column.isNull($0) ? nil : values[$0] }))
                default: return (name, column)
                }
            })
    }
    return TableSequence(schema: whole.schema, tables)
}

/// A column's rows as text, for comparisons by hand.
func rows(_ column: Column) -> [String] {
    (0..<column.count).map { row in
        if let lists = column.listOffsets {
            guard case .int32(let values) = column.values else { return "?" }
            return "\(Array(values.values[Int(lists[row])..<Int(lists[row + 1])]))"
        }
        if column.isNull(row) { return "null" }
        return column.text(row) ?? column.number(row).map { "\($0)" } ?? "?"
    }
}
