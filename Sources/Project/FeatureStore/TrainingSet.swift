import Core
import Stores
import Warehouse

/// Features as they were known at given moments: what a model may be trained on.
public struct TrainingSet: Sendable {
    /// The statement that makes it.
    public let sql: String
    /// What it calls the features, in order.
    public let names: [String]

    /// Writes the statement.
    ///
    /// - Parameters:
    ///   - features: `view:feature` each, or `view` for all of a view's.
    ///   - entities: the table of entities and moments, with a column for each join key; all of its columns come along.
    ///   - timestamp: its column of moments.
    /// - Throws: `notFound` for unknown views and features, `invalidData` for two of one name,
    ///   `invalidConfiguration` for a view without a source.
    public init(
        _ features: [String], of definitions: FeatureDefinitions, entities: String, timestamp: String,
        fullNames: Bool = false, dialect: Dialect
    ) throws(MartletError) {
        let plan = try FeaturePlan(features, of: definitions, fullNames: fullNames)
        for view in plan.views where view.source == nil {
            throw MartletError(
                .invalidConfiguration, "view '\(view.name)' has no source: what was pushed has no history",
                hint: "add 'source: {table: …, timestamp: …}' to it")
        }
        names = plan.names
        sql = FeatureQueries(dialect: dialect).training(
            entities: entities, timestamp: timestamp, features: plan.fieldsByView)
    }

    /// Makes a table of the training set, in place of one of that name.
    ///
    /// - Returns: its number of rows.
    /// - Throws: what the database says.
    public func make(_ table: String, connection: Connection) throws -> Int {
        let path = FeatureQueries(dialect: connection.dialect).path(table)
        if connection.dialect.replacesTables {
            try connection.execute("create or replace table \(path) as \(sql)")
        } else {
            try connection.transaction {
                try connection.execute("drop table if exists \(path)")
                try connection.execute("create table \(path) as \(sql)")
            }
        }
        return try connection.value("select count(*) from \(path)")?.integer ?? 0
    }
}
