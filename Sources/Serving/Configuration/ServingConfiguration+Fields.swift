import Core

extension ServingConfiguration {
    /// Reads the `serve:` section of a project.
    ///
    /// ```yaml
    /// serve:
    ///   host: 127.0.0.1
    ///   port: 8080                      # 0: a free one
    ///   api-keys-env: MARTLET_API_KEYS  # one variable or a list; each holds keys parted by commas
    ///   admin-key-env: MARTLET_ADMIN_KEY  # opens the dashboard under /ui; without it there is none
    ///   open-metrics: false
    ///   threads: 4
    ///   tls: {certificate: server.pem, key: server.key}
    ///   limits: {items: 100, default-items: 12, users: 1000, excluded: 1000, body: 1048576, concurrency: 1024}
    ///   events: {folder: events}         # ``Events``
    ///   grpc: {port: 8001}               # ``GRPC``
    ///   inference: {item-ids: int64}     # ``Inference``
    ///   impressions: {folder: impressions}  # ``Impressions``
    ///   timeouts: {idle: 60s, body: 30s, store: 1s, drain: 0s, shutdown: 30s}
    ///   log: {level: info, requests: 0.01}
    /// ```
    ///
    /// Faults go to the fields' diagnostics, all of them; the caller calls ``Core/Diagnostics/throwIfAny()``.
    ///
    /// - Parameters:
    ///   - fields: the section, read to its end.
    ///   - projectFolder: what relative paths of certificate files start from.
    public init(_ fields: inout ConfigurationFields, projectFolder: String = ".") {
        self.init()
        host = fields.string("host", default: host)
        port = fields.integer("port", default: port, in: 0...65_535)
        keyVariables = fields.strings("api-keys-env")
        adminKeyVariable = fields.string("admin-key-env")
        openMetrics = fields.bool("open-metrics", default: openMetrics)
        threads = fields.integer("threads", in: 1...1024)
        readCertificate(&fields, projectFolder: projectFolder)
        readLimits(&fields)
        if fields.has("events") {
            var section = fields.fields("events")
            events = Events(&section, projectFolder: projectFolder)
        }
        readInference(&fields)
        if fields.has("impressions") {
            var section = fields.fields("impressions")
            impressions = Impressions(&section, projectFolder: projectFolder)
        }
        var waits = fields.fields("timeouts")
        timeouts.idle = waits.duration("idle", default: timeouts.idle)
        timeouts.body = waits.duration("body", default: timeouts.body)
        timeouts.store = waits.duration("store", default: timeouts.store)
        timeouts.drain = waits.duration("drain", default: timeouts.drain)
        timeouts.shutdown = waits.duration("shutdown", default: timeouts.shutdown)
        waits.finish()
        var log = fields.fields("log")
        let levels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
        self.log.level = log.choice("level", of: levels) ?? self.log.level
        self.log.requests = log.number("requests", default: self.log.requests, in: 0...1)
        log.finish()
        fields.finish()
    }

    private mutating func readCertificate(_ fields: inout ConfigurationFields, projectFolder: String) {
        guard fields.node("tls") != nil else { return }
        var tls = fields.fields("tls")
        let hint = "name both files: tls: {certificate: server.pem, key: server.key}"
        let chain = tls.required("certificate", hint: hint)
        let key = tls.required("key", hint: hint)
        tls.finish()
        func path(_ file: String) -> String { file.hasPrefix("/") ? file : "\(projectFolder)/\(file)" }
        certificate = Certificate(chain: path(chain), key: path(key))
    }

    private mutating func readLimits(_ fields: inout ConfigurationFields) {
        var bounds = fields.fields("limits")
        limits.items = bounds.integer("items", default: limits.items, in: 1...10_000)
        let assumed = min(limits.defaultItems, limits.items)
        limits.defaultItems = bounds.integer("default-items", default: assumed, in: 1...limits.items)
        limits.users = bounds.integer("users", default: limits.users, in: 1...100_000)
        limits.excluded = bounds.integer("excluded", default: limits.excluded, in: 0...100_000)
        limits.bodyBytes = bounds.integer("body", default: limits.bodyBytes, in: 1024...(1 << 30))
        limits.concurrency = bounds.integer("concurrency", default: limits.concurrency, in: 1...1_000_000)
        bounds.finish()
    }
}
