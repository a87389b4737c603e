import Core

/// What a name stands for in the warehouse.
enum RelationKind {
    case table, view
}

extension SQLConnection {
    /// What `relation` is in the warehouse, or nil if there is nothing of that name.
    ///
    /// - Throws: as ``query(_:)``.
    func kind(of relation: Relation) throws -> RelationKind? {
        let type = try value(
            """
            select max(table_type) from information_schema.tables
            where \(matches("table_schema", relation.schema)) and \(matches("table_name", relation.identifier))
            """)
        guard let type = type?.string?.uppercased() else { return nil }
        return type.contains("VIEW") ? .view : .table
    }

    /// A condition on a column of the information schema; names that fold to capitals are compared so.
    private func matches(_ column: String, _ name: String) -> String {
        let stored = dialect.foldsToCapitals && name == name.lowercased() ? name.uppercased() : name
        return "\(column) = \(dialect.literal(stored))"
    }

    /// Makes the schema of `relation` if it is not there.
    func createSchema(_ name: String) throws {
        let stored = dialect.foldsToCapitals && name == name.lowercased() ? name.uppercased() : name
        let known = try value(
            "select count(*) from information_schema.schemata where schema_name = \(dialect.literal(stored))")
        if (known?.integer ?? 0) == 0 { try execute("create schema if not exists \(dialect.quote(name))") }
    }

    /// Removes a table or view, whichever stands there.
    func drop(_ relation: Relation) throws {
        guard let kind = try kind(of: relation) else { return }
        // What depends on it is rebuilt by the models after it; PostgreSQL will not drop it otherwise.
        let cascade = dialect == .postgresql ? " cascade" : ""
        try execute("drop \(kind == .view ? "view" : "table") if exists \(relation.text)\(cascade)")
    }
}
