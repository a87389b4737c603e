import Core
import FoundationEssentials

extension WarehouseConfiguration {
    /// Keys of the project that are options of Snowflake's driver by another name.
    private static let snowflakeOptions = [
        "account": "adbc.snowflake.sql.account", "database": "adbc.snowflake.sql.db",
        "schema": "adbc.snowflake.sql.schema", "warehouse": "adbc.snowflake.sql.warehouse",
        "role": "adbc.snowflake.sql.role", "protocol": "adbc.snowflake.sql.uri.protocol",
        "host": "adbc.snowflake.sql.uri.host", "port": "adbc.snowflake.sql.uri.port",
    ]

    /// Reads the `warehouse` mapping of a project; without a driver it is DuckDB in the project's folder.
    ///
    /// - Parameters:
    ///   - fields: the mapping. Faults go to its diagnostics; call `finish()` on it afterwards.
    ///   - projectFolder: what relative paths start from.
    public init(_ fields: inout ConfigurationFields, projectFolder: String) {
        self.init(driver: fields.string("driver", default: "duckdb"))
        func resolve(_ key: String, _ text: String, _ fields: ConfigurationFields) -> String {
            let (value, secrets) = fields.expand(text, of: key)
            self.secrets += secrets
            return value
        }
        func text(_ key: String, _ fields: inout ConfigurationFields) -> String? {
            fields.string(key).map { resolve(key, $0, fields) }
        }
        if let word = fields.choice("ingest", of: Ingestion.allCases.map(\.rawValue)) {
            ingestion = Ingestion(rawValue: word) ?? .bulk
        }
        switch dialect {
        case .duckdb:
            let path = text("path", &fields) ?? "warehouse.duckdb"
            options["path"] = path == ":memory:" || path.hasPrefix("/") ? path : "\(projectFolder)/\(path)"
            options["memory_limit"] = fields.string("memory", default: Self.defaultMemory)
            if let threads = fields.integer("threads", in: 1...1024) { options["threads"] = "\(threads)" }
            compressesText = fields.bool("compress-text", default: false)
        case .snowflake:
            for key in Self.snowflakeOptions.keys.sorted() {
                if let value = text(key, &fields) { options[Self.snowflakeOptions[key]!] = value }
            }
            fallthrough
        case .postgresql, .generic:
            if let uri = text("uri", &fields) { options["uri"] = uri }
            if let user = text("user", &fields) { options["username"] = user }
            if let password = text("password", &fields) {
                options["password"] = password
                secrets.append(password)
            }
            if dialect == .postgresql, options["uri"] == nil {
                fields.diagnostics.report(
                    "'\(fields.name(of: "uri"))' is missing",
                    hint: "uri: postgresql://user:${env:PGPASSWORD}@host:5432/database", at: fields.location)
            }
        }
        for entry in fields.named("options") {
            guard case .scalar(let value, _) = entry.value.content else {
                fields.diagnostics.report("an option must be text", at: entry.location)
                continue
            }
            options[entry.key] = resolve("options", value, fields)
        }
        if let uri = options["uri"], let secret = Self.password(in: uri) { secrets.append(secret) }
    }

    /// The password of `scheme://user:password@host` or `user:password@host`.
    static func password(in uri: String) -> String? {
        let afterScheme = uri.firstRange(of: "://").map { uri[$0.upperBound...] } ?? uri[...]
        guard let at = afterScheme.lastIndex(of: "@"), let colon = afterScheme[..<at].firstIndex(of: ":") else {
            return nil
        }
        let password = String(afterScheme[afterScheme.index(after: colon)..<at])
        return password.isEmpty ? nil : password
    }
}
