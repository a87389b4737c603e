import Core

/// How the recommendation server listens, whom it lets in, and how much it lets one caller ask.
public struct ServingConfiguration: Sendable {
    /// Bounds on what one request and all requests together may cost.
    public struct Limits: Sendable {
        /// The most items a caller may ask for.
        public var items = 100
        /// The items of an answer when the caller does not say.
        public var defaultItems = 12
        /// The most users of one `POST`.
        public var users = 1000
        /// The most items one request may exclude.
        public var excluded = 1000
        /// The largest body in bytes.
        public var bodyBytes = 1 << 20
        /// The most requests being answered at once; one more is told to come back later.
        public var concurrency = 1024

        /// Makes the default limits.
        public init() {}
    }

    /// How long the server waits, in seconds.
    public struct Timeouts: Sendable {
        /// Before a connection that sends nothing is closed.
        public var idle = 60.0
        /// For the body of a request to come, from its head on; a client that is slower loses the connection.
        public var body = 30.0
        /// For a server of lists to answer, before what sells stands in; an embedded store is not waited for.
        public var store = 1.0
        /// Between the signal to stop and the end of listening, so that a load balancer can notice.
        public var drain = 0.0
        /// For requests in flight to end once the server stops listening.
        public var shutdown = 30.0

        /// Makes the default waits.
        public init() {}
    }

    /// A certificate and its key, both PEM files.
    public struct Certificate: Sendable {
        /// The file with the certificate chain, the server's own certificate first.
        public var chain: String
        /// The file with the private key.
        public var key: String

        /// Names the two files.
        public init(chain: String, key: String) {
            self.chain = chain
            self.key = key
        }
    }

    /// What the server writes to its log.
    public struct Log: Sendable {
        /// The least level that is written: `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`.
        public var level = "info"
        /// The share of requests that get a line, in 0…1; a request that fails inside the server always gets one.
        public var requests = 0.0

        /// Makes the default: no line for a request that went well.
        public init() {}
    }

    /// The address to listen on; the machine itself only, unless said otherwise.
    public var host = "127.0.0.1"
    /// The port to listen on; 0 takes a free one.
    public var port = 8080
    /// Environment variables that hold API keys, several in one variable parted by commas; none: no key is asked for.
    public var keyVariables: [String] = []
    /// The environment variable that holds the key of the dashboard under `/ui`; nil: there is no dashboard.
    public var adminKeyVariable: String?
    /// Whether `/metrics` answers without a key.
    public var openMetrics = false
    /// The certificate of an encrypted server; nil: plain HTTP.
    public var certificate: Certificate?
    /// Bounds on requests.
    public var limits = Limits()
    /// How events are taken; nil: they are not.
    public var events: Events?
    /// How models are offered by the Open Inference Protocol.
    public var inference = Inference()
    /// How the server listens for gRPC; nil: it does not.
    public var grpc: GRPC?
    /// How answers of the pipeline are logged; nil: they are not.
    public var impressions: Impressions?
    /// Waits.
    public var timeouts = Timeouts()
    /// Logging.
    public var log = Log()
    /// How many threads read and write sockets; nil: one a core.
    public var threads: Int?

    /// Makes the default configuration: 127.0.0.1:8080, no keys, no TLS.
    public init() {}
}
