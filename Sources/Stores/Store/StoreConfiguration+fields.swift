import Core

extension StoreConfiguration {
    /// Reads the `store` mapping of a project; faults go to its diagnostics.
    ///
    /// - Parameters:
    ///   - fields: the mapping; `finish()` is called on it.
    ///   - projectFolder: what relative paths start from.
    public init(_ fields: inout ConfigurationFields, projectFolder: String) {
        switch fields.choice("kind", of: ["rocksdb", "redis", "memory"]) ?? "rocksdb" {
        case "redis": kind = .redis(Self.redis(&fields, projectFolder: projectFolder))
        case "memory": kind = .memory(MemoryStore())
        default: kind = Self.rocksdb(&fields, projectFolder: projectFolder)
        }
        fields.finish()
    }

    private static func rocksdb(_ fields: inout ConfigurationFields, projectFolder: String) -> Kind {
        let path = absolute(fields.string("path", default: "published"), projectFolder)
        var options = RocksDBOptions()
        options.cacheMegabytes = fields.integer("cache-mb", default: options.cacheMegabytes, in: 1...1_000_000)
        options.writeBufferMegabytes = fields.integer(
            "write-buffer-mb", default: options.writeBufferMegabytes, in: 1...4096)
        if let word = fields.choice("compression", of: RocksDBOptions.Compression.allCases.map(\.rawValue)) {
            options.compression = RocksDBOptions.Compression(rawValue: word) ?? options.compression
        }
        return .rocksdb(path: path, options: options)
    }

    /// Reads where a Redis server listens and how patient to be; the caller finishes the fields.
    package static func redis(_ fields: inout ConfigurationFields, projectFolder: String) -> RedisConfiguration {
        var redis = RedisConfiguration(endpoints: [])
        let urls = fields.strings("url")
        if urls.isEmpty { fields.diagnostics.report(missingURL(fields)) }
        for text in urls {
            do {
                let url = try RedisURL(parsing: fields.expand(text, of: "url").text)
                redis.endpoints.append(url.endpoint)
                redis.database = url.database
                redis.username = url.username ?? redis.username
                redis.password = url.password ?? redis.password
                if url.isEncrypted, redis.tls == nil { redis.tls = .init() }
            } catch {
                fields.diagnostics.report(error.located(fields.location(of: "url")))
            }
        }
        if let user = fields.string("username") { redis.username = fields.expand(user, of: "username").text }
        if let word = fields.string("password") { redis.password = Secret(fields.expand(word, of: "password").text) }
        if fields.has("cluster") { redis.cluster = fields.bool("cluster", default: false) }
        redis.timeout = fields.duration("timeout", default: redis.timeout)
        redis.patience = fields.duration("patience", default: redis.patience)
        redis.connections = fields.integer("connections", default: redis.connections, in: 1...1024)
        redis.pipeline = fields.integer("pipeline", default: redis.pipeline, in: 1...65_536)
        if fields.has("tls") {
            var settings = fields.fields("tls")
            var tls = redis.tls ?? .init()
            tls.authorities = settings.string("ca").map { absolute($0, projectFolder) }
            tls.certificate = settings.string("certificate").map { absolute($0, projectFolder) }
            tls.privateKey = settings.string("key").map { absolute($0, projectFolder) }
            tls.verify = settings.bool("verify", default: true)
            settings.finish()
            redis.tls = tls
        }
        return redis
    }

    private static func missingURL(_ fields: ConfigurationFields) -> MartletError {
        MartletError(
            .invalidConfiguration, "'\(fields.name(of: "url"))' is missing",
            hint: "say where the server listens: url: redis://127.0.0.1:6379", at: fields.location)
    }

    private static func absolute(_ path: String, _ folder: String) -> String {
        path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
    }
}

extension MartletError {
    fileprivate func located(_ location: SourceLocation) -> MartletError {
        MartletError(code, message, hint: hint, at: location, underlying: underlying)
    }
}
