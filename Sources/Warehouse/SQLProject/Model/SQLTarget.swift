/// The place a project is built in: what dbt calls a target.
public struct SQLTarget: Sendable {
    /// The target's name, which models may ask for.
    public var name: String
    /// The kind of database.
    public var dialect: Dialect
    /// The schema that models without one of their own go to.
    public var schema: String
    /// The database, where models ask for it; nil if unknown.
    public var database: String?
    /// How many models are built at once.
    public var threads: Int

    /// Makes a target; `schema` defaults to the database's own default.
    public init(
        name: String = "dev", dialect: Dialect = .duckdb, schema: String? = nil, database: String? = nil,
        threads: Int = 1
    ) {
        self.name = name
        self.dialect = dialect
        self.schema = schema ?? Self.defaultSchema(of: dialect)
        self.database = database
        self.threads = threads
    }

    /// `main` on DuckDB, `public` elsewhere.
    public static func defaultSchema(of dialect: Dialect) -> String {
        dialect == .duckdb || dialect == .generic ? "main" : "public"
    }

    /// What dbt calls this kind of database.
    var type: String {
        switch dialect {
        case .postgresql: "postgres"
        case .generic: "generic"
        case .duckdb: "duckdb"
        case .snowflake: "snowflake"
        }
    }
}
