import Core
import Features
import Warehouse

/// The warehouse's tables as the dataset reads them: the columns that it needs, and no others.
struct ShopTables {
    let connection: Connection
    let configuration: DatasetConfiguration
    let workflow: Workflow

    /// Opens the users table; nil if the project names none.
    var users: (() throws -> any TableStream)? {
        configuration.users.map { table in
            { try query(table.table, [table.id] + workflow.sources(.user), group: .user) }
        }
    }

    /// Opens the items table; nil if the project names none.
    var items: (() throws -> any TableStream)? {
        configuration.items.map { table in
            {
                let shown = table.show + [table.title].compactMap(\.self)
                return try query(table.table, [table.id] + shown + workflow.sources(.item), group: .item)
            }
        }
    }

    /// Opens the interactions table.
    func interactions() throws -> any TableStream {
        let roles = configuration.interactions
        let optional = [roles.weight, roles.type].compactMap(\.self)
        return try query(
            roles.table,
            [roles.user, roles.item, roles.time] + optional + workflow.sources(.context)
                + workflow.interactionColumns, group: .context)
    }

    private func query(_ table: String, _ columns: [String], group: FeatureGroup) throws -> any TableStream {
        let path = table.split(separator: ".").map(String.init)
        let found = try connection.columns(of: path)
        var chosen: [String] = []
        for name in columns where !chosen.contains(name) {
            guard found[name] != nil || found.names.contains(where: { $0.lowercased() == name.lowercased() }) else {
                throw MartletError(
                    .notFound, "table '\(table)' has no column '\(name)'",
                    hint: nearest(to: name, among: found.names).map { "did you mean '\($0)'?" }
                        ?? "its columns are \(found.names.joined(separator: ", "))")
            }
            chosen.append(name)
        }
        let list = chosen.map { "\(connection.dialect.quote($0)) as \(connection.dialect.quote($0))" }
        return try connection.query("select \(list.joined(separator: ", ")) from \(connection.dialect.quote(path))")
    }
}

extension Workflow {
    /// The columns of the interactions table that features are made of.
    fileprivate var interactionColumns: [String] { features.flatMap { $0.operators.flatMap(\.interactionColumns) } }
}
