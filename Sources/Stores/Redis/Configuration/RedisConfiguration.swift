/// How to reach a Redis server or cluster, and how patient to be.
public struct RedisConfiguration: Sendable, Equatable {
    /// Encryption of the connection.
    public struct TLS: Sendable, Equatable {
        /// A PEM file with the authorities to trust; nil: the system's.
        public var authorities: String?
        /// Whether the server's certificate must be valid for its host.
        public var verify = true
        /// A PEM file with our own certificate, where the server asks for one.
        public var certificate: String?
        /// A PEM file with our own private key.
        public var privateKey: String?

        /// Makes the default: the system's authorities, full verification.
        public init() {}
    }

    /// Servers to begin with; for a cluster, any of its nodes.
    public var endpoints: [RedisEndpoint]
    /// The database's number; 0 in a cluster.
    public var database = 0
    /// The user, or nil for Redis's default user.
    public var username: String?
    /// The password, if the server wants one.
    public var password: Secret?
    /// Encryption, or nil for none.
    public var tls: TLS?
    /// Whether the endpoints belong to a cluster; nil: ask the server.
    public var cluster: Bool?
    /// Seconds until an unanswered command fails.
    public var timeout = 5.0
    /// Seconds until a write gives up on a server that went away; reads give up after ``timeout``.
    public var patience = 30.0
    /// Connections to each server.
    public var connections = 4
    /// Commands that travel together in one write.
    public var pipeline = 64

    /// Makes a configuration with the defaults.
    public init(endpoints: [RedisEndpoint]) { self.endpoints = endpoints }
}
