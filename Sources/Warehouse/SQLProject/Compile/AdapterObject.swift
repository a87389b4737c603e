import Core
import Foundation

/// What templates call `adapter`: questions to the warehouse.
final class AdapterObject: JinjaObject {
    private unowned let context: ProjectContext

    init(_ context: ProjectContext) { self.context = context }

    var text: String { "adapter" }
    let attributeNames = ["quote", "dispatch", "get_relation", "get_columns_in_relation", "type"]

    func attribute(_ name: String) -> JinjaValue? {
        let context = context
        let dialect = context.project.target.dialect
        let body: (inout JinjaCall) throws -> JinjaValue
        switch name {
        case "quote": body = { call in .string(dialect.quote(try call.text("identifier"))) }
        case "type":
            let type = context.project.target.type
            body = { _ in .string(type) }
        case "dispatch":
            body = { [unowned context] call in
                let macro = try call.text("macro_name")
                let package = call.argument("macro_namespace")?.string
                if let found = context.dispatched(macro, package: package) { return found }
                let type = context.project.target.type
                throw call.fault(
                    "there is no macro '\(type)__\(macro)' and no 'default__\(macro)'",
                    hint: nearest(to: "default__" + macro, among: context.macroNames).map { "did you mean '\($0)'?" })
            }
        case "get_relation":
            body = { [unowned context] call in
                _ = call.argument("database")
                let (schema, identifier) = (try call.text("schema"), try call.text("identifier"))
                guard let session = context.session else { return .none }
                let relation = Relation(schema: schema, identifier: identifier, dialect: dialect)
                return try session.connection.kind(of: relation) == nil ? .none : .object(relation)
            }
        case "get_columns_in_relation":
            body = { [unowned context] call in
                guard case .object(let object) = try call.required("relation"), let relation = object as? Relation
                else {
                    throw call.fault("'get_columns_in_relation' needs a relation such as ref('model')")
                }
                guard let session = context.session else { return .list(JinjaList([])) }
                let stream = try session.connection.query("select * from \(relation.text) where 1 = 0")
                return .list(
                    JinjaList(
                        stream.schema.columns.map { column in
                            .object(
                                JinjaRecord(
                                    column.name,
                                    [
                                        "name": .string(column.name), "column": .string(column.name),
                                        "quoted": .string(dialect.quote(column.name)),
                                        "dtype": .string(dialect.name(of: column.type)),
                                        "data_type": .string(dialect.name(of: column.type)),
                                    ]))
                        }))
            }
        default: return nil
        }
        return .function(JinjaFunction(name: "adapter." + name, body: body))
    }
}

/// `api.Relation.create(schema=…, identifier=…)`.
final class RelationFactory: JinjaObject {
    private let dialect: Dialect

    init(_ dialect: Dialect) { self.dialect = dialect }

    var text: String { "api.Relation" }
    let attributeNames = ["create"]

    func attribute(_ name: String) -> JinjaValue? {
        guard name == "create" else { return nil }
        return .function(
            JinjaFunction(name: "api.Relation.create") { [dialect] call in
                func text(_ name: String) -> String? { call.named.first { $0.name == name }?.value.string }
                guard let schema = text("schema"), let identifier = text("identifier") else {
                    throw call.fault("'api.Relation.create' needs 'schema=' and 'identifier='")
                }
                return .object(
                    Relation(database: text("database"), schema: schema, identifier: identifier, dialect: dialect))
            })
    }
}

/// The rows of `run_query`: by column, or one after the other.
final class QueryResult: JinjaSequence {
    private let names: [String]
    private let rows: [[JinjaValue]]

    init(_ stream: any TableStream) throws {
        names = stream.schema.names
        var rows: [[JinjaValue]] = []
        while let table = try stream.next() {
            for row in 0..<table.rowCount { rows.append(table.columns.map { JinjaValue($0.value(row)) }) }
        }
        self.rows = rows
    }

    var text: String { "the query's result" }
    let attributeNames = ["columns", "rows", "column_names"]
    var elements: [JinjaValue] {
        rows.map { row in
            .mapping(
                JinjaMapping(zip(names, row).map { (.string($0), $1) } + row.enumerated().map { (.integer($0), $1) }))
        }
    }

    func attribute(_ name: String) -> JinjaValue? {
        switch name {
        case "rows": return .list(JinjaList(elements))
        case "column_names": return .list(JinjaList(names.map { .string($0) }))
        case "columns":
            return .list(
                JinjaList(
                    names.indices.map { index in
                        let values = JinjaValue.list(JinjaList(rows.map { $0[index] }))
                        let read = JinjaFunction(name: "values") { _ in values }
                        return .object(
                            JinjaRecord(names[index], ["name": .string(names[index]), "values": .function(read)]))
                    }))
        default: return nil
        }
    }
}

/// When the run began, in UTC.
final class RunTime: JinjaObject {
    private let seconds: Int

    init(_ seconds: Int) { self.seconds = seconds }

    private func formatted(_ format: String) -> String {
        var (time, parts) = (time_t(seconds), tm())
        gmtime_r(&time, &parts)
        var buffer = [CChar](repeating: 0, count: 256)
        let count = strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    var text: String { formatted("%Y-%m-%d %H:%M:%S+00:00") }
    let attributeNames = ["strftime", "isoformat"]

    func attribute(_ name: String) -> JinjaValue? {
        switch name {
        case "strftime":
            .function(JinjaFunction(name: name) { [self] call in .string(formatted(try call.text("format"))) })
        case "isoformat":
            .function(JinjaFunction(name: name) { [self] _ in .string(formatted("%Y-%m-%dT%H:%M:%S+00:00")) })
        default: nil
        }
    }
}
