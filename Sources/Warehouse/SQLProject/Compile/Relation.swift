/// A table or view of the warehouse, as templates and statements name it.
final class Relation: JinjaObject {
    let database: String?
    let schema: String
    let identifier: String
    let dialect: Dialect
    /// Set for an ephemeral model, whose place in a query is a common table expression.
    let isExpression: Bool

    init(database: String? = nil, schema: String, identifier: String, dialect: Dialect, isExpression: Bool = false) {
        self.database = database
        self.schema = schema
        self.identifier = identifier
        self.dialect = dialect
        self.isExpression = isExpression
    }

    /// The name of the common table expression of an ephemeral model.
    static func expressionName(_ model: String) -> String { "__dbt__cte__" + model }

    var text: String {
        isExpression
            ? Relation.expressionName(identifier) : dialect.quote([database, schema, identifier].compactMap(\.self))
    }

    /// `schema.name` without quotes, for messages.
    var plainText: String { "\(schema).\(identifier)" }

    /// The relation beside this one whose name ends with `suffix`.
    func beside(_ suffix: String) -> Relation {
        Relation(database: database, schema: schema, identifier: identifier + suffix, dialect: dialect)
    }

    let attributeNames = [
        "database", "schema", "identifier", "name", "table", "is_view", "is_table", "include", "render",
    ]

    func attribute(_ name: String) -> JinjaValue? {
        switch name {
        case "database": return database.map(JinjaValue.string) ?? JinjaValue.none
        case "schema": return .string(schema)
        case "identifier", "name", "table": return .string(identifier)
        case "render": return .function(JinjaFunction(name: name) { [text] _ in .string(text) })
        case "include":
            return .function(
                JinjaFunction(name: name) { [self] call in
                    let named = call.named
                    let keeps = { (part: String) in named.first { $0.name == part }?.value.isTrue ?? true }
                    let parts = [
                        keeps("database") ? database : nil, keeps("schema") ? schema : nil,
                        keeps("identifier") ? identifier : nil,
                    ]
                    return .string(dialect.quote(parts.compactMap(\.self)))
                })
        default: return nil
        }
    }
}
