import Core
import Stores

extension ServingConfiguration {
    /// How the server takes events, and what it remembers of users.
    public struct Events: Sendable {
        /// The log's folder and its settings.
        public var log: EventLogConfiguration
        /// The stream of a Redis server that takes the log's place; nil: events are kept in the folder.
        public var stream: RedisEventLogConfiguration?
        /// What is kept of each user in memory.
        public var activity = LiveActivity.Configuration()
        /// The most events of one `POST`.
        public var batch = 1000
        /// How far ahead of the server's clock an event may be, in seconds.
        public var ahead = 300.0
        /// How old an event may be, in seconds.
        public var oldest = 30 * 86_400.0

        /// Keeps events in `folder`, with the default settings.
        public init(folder: String) { log = EventLogConfiguration(folder: folder) }

        /// What the parser lets in.
        var rules: EventParser.Rules {
            var rules = EventParser.Rules()
            rules.most = batch
            rules.ahead = Int64(ahead * 1e6)
            rules.behind = Int64(oldest * 1e6)
            return rules
        }
    }
}

extension ServingConfiguration.Events {
    /// Reads the section `serve.events:` of a project; `events: {}` takes the defaults.
    ///
    /// ```yaml
    /// serve:
    ///   events:
    ///     folder: events      # segments of JSON lines; a source with 'format: events' loads them
    ///     log: redis://127.0.0.1:6379   # or, in the place of a folder, the stream of a Redis server
    ///     stream: events      # its name
    ///     replicas: 0         # so many of the server's replicas must have an event before it is acknowledged
    ///     fsync: true         # false: what a machine that dies has acknowledged last may be lost
    ///     segment-mb: 64
    ///     segment-age: 1h
    ///     retain: 90d         # 0s keeps all
    ///     replay: 7d          # what of it is read at the start
    ///     ids: 1000000        # ids remembered at least, to drop events that come twice
    ///     batch: 1000         # events of one request
    ///     ahead: 5m           # how far in the future a time may lie
    ///     oldest: 30d         # and how far back
    ///     contacts: 100       # of each user
    ///     seen: 500           # items of each user
    ///     memory-mb: 256      # of all users
    /// ```
    init(_ fields: inout ConfigurationFields, projectFolder: String) {
        let folder = fields.string("folder", default: "events")
        if folder.isEmpty {
            fields.diagnostics.report(
                "'\(fields.name(of: "folder"))' is empty", hint: "name a folder: folder: events",
                at: fields.location(of: "folder"))
        }
        self.init(folder: folder.hasPrefix("/") ? folder : "\(projectFolder)/\(folder)")
        log.synchronises = fields.bool("fsync", default: log.synchronises)
        log.segmentBytes = fields.integer("segment-mb", default: log.segmentBytes >> 20, in: 1...4096) << 20
        log.segmentAge = Self.seconds("segment-age", &fields, log.segmentAge, least: 1)
        let retention = Self.seconds("retain", &fields, log.retention ?? 0, least: 0)
        log.retention = retention == 0 ? nil : retention
        log.replay = Self.seconds("replay", &fields, log.replay, least: 0)
        log.rememberedIDs = fields.integer("ids", default: log.rememberedIDs, in: 1000...100_000_000)
        batch = fields.integer("batch", default: batch, in: 1...100_000)
        ahead = fields.duration("ahead", default: ahead)
        oldest = fields.duration("oldest", default: oldest)
        if let url = fields.string("log") { readStream(url, &fields) }
        activity.contacts = fields.integer("contacts", default: activity.contacts, in: 0...10_000)
        activity.seen = fields.integer("seen", default: activity.seen, in: 0...10_000)
        activity.bytes = fields.integer("memory-mb", default: activity.bytes >> 20, in: 1...1_000_000) << 20
        fields.finish()
    }

    private mutating func readStream(_ text: String, _ fields: inout ConfigurationFields) {
        do throws(MartletError) {
            var stream = try RedisEventLogConfiguration(url: fields.expand(text, of: "log").text)
            stream.name = fields.string("stream", default: stream.name)
            if stream.name.isEmpty || stream.name.contains(where: { "{}".contains($0) }) {
                fields.diagnostics.report(
                    "'\(fields.name(of: "stream"))' must be a name without braces", hint: "stream: events",
                    at: fields.location(of: "stream"))
            }
            stream.replicas = fields.integer("replicas", default: 0, in: 0...16)
            stream.retention = log.retention
            stream.replay = log.replay
            self.stream = stream
        } catch {
            fields.diagnostics.report(
                MartletError(error.code, error.message, hint: error.hint, at: fields.location(of: "log")))
        }
    }

    /// A length of time in whole seconds; under `least` is a fault.
    private static func seconds(
        _ key: String, _ fields: inout ConfigurationFields, _ fallback: Int, least: Int
    ) -> Int {
        let seconds = Int(min(fields.duration(key, default: Double(fallback)), 1e10))
        if seconds < least {
            fields.diagnostics.report(
                "'\(fields.name(of: key))' must be at least \(least) s, found \(seconds) s",
                at: fields.location(of: key))
        }
        return max(seconds, least)
    }
}
