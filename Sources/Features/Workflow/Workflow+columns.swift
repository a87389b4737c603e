import Core

extension Workflow {
    /// Encodes those features of a group whose source columns are given and that depend on nothing else.
    ///
    /// - Parameter columns: source columns by name, of equal length.
    /// - Throws: `invalidData` for a column of another type than in training.
    /// - Complexity: O(rows · operators)
    package func encode(columns: [(String, Column)], group: FeatureGroup) throws -> Table {
        let table = try Table(columns)
        let given = features(group).filter { feature in
            !feature.needsRows && (feature.source.map { table.schema.index(of: $0) != nil } ?? false)
        }
        let encoded = try given.map { try $0.encode(input($0, table), rows: FeatureRows()) }
        return try Table(schema: Schema(given.map(\.schema)), columns: encoded)
    }
}
