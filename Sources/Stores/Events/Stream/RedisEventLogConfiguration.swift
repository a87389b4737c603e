import Core

/// Where a log of events lies in Redis, and what makes an event durable there.
///
/// Redis acknowledges a write that is in its memory. Two settings make more of it, and an event is acknowledged only after
/// both that are asked for:
///
/// - the server's own `appendonly yes` and `appendfsync always`: it answers when the write is on its disk. Whether it is
///   set so is looked at when the log is opened, and said in the server's log if not. With `everysec`, Redis's default, a
///   server that dies may lose its last second.
/// - ``replicas``: `WAIT` holds the answer until so many replicas have the write, too, so that it outlives a failover. It
///   does not say that it is on their disks.
public struct RedisEventLogConfiguration: Sendable {
    /// The server or cluster.
    public var redis: RedisConfiguration
    /// The name of the stream, and of the keys beside it.
    public var name = "events"
    /// How many replicas must have an event before it is acknowledged.
    public var replicas = 0
    /// For so many seconds at least an id is remembered, to drop events that are delivered twice.
    public var remembers = 86_400
    /// Events that are older than so many seconds are removed; nil keeps them.
    public var retention: Int? = 90 * 86_400
    /// Events of so many seconds are read at the start.
    public var replay = 7 * 86_400
    /// Events that wait to be written, in bytes; more are turned away.
    public var waitingBytes = 64 << 20

    /// Makes a configuration with the default settings.
    public init(redis: RedisConfiguration) { self.redis = redis }

    /// Reads `redis://host:port/database` or `rediss://…`.
    ///
    /// - Throws: `invalidConfiguration`.
    public init(url: String) throws(MartletError) {
        let url = try RedisURL(parsing: url)
        var redis = RedisConfiguration(endpoints: [url.endpoint])
        redis.database = url.database
        redis.username = url.username
        redis.password = url.password
        if url.isEncrypted { redis.tls = .init() }
        self.init(redis: redis)
    }

    /// The stream's key: all keys lie in one slot.
    var stream: [UInt8] { Array("{\(name)}:log".utf8) }
}
