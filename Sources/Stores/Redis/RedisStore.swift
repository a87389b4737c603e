import Core

/// A store on a Redis server or cluster.
enum RedisStore {
    static func connect(_ configuration: RedisConfiguration, readOnly: Bool) async throws -> any KeyValueStore {
        throw MartletError(.unavailable, "Redis is not spoken yet", hint: "use kind: rocksdb")
    }
}
