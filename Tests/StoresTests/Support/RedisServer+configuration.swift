import Stores
import TestSupport

extension RedisServer {
    var endpoint: RedisEndpoint { RedisEndpoint(host: "127.0.0.1", port: port) }
    var configuration: RedisConfiguration { RedisConfiguration(endpoints: [endpoint]) }
}

extension RedisClusterServers {
    var configuration: RedisConfiguration {
        var configuration = RedisConfiguration(endpoints: servers.map(\.endpoint))
        configuration.cluster = true
        return configuration
    }
}
