import Core
import Index
import Stores
import VectorStores

/// Which index a bundle's vectors are searched by.
///
/// ```yaml
/// index: exact
/// index: {kind: auto, exact-up-to: 100000, recall: 0.95}
/// index: {kind: redis-vector-sets, url: "redis://10.0.0.7:6379"}
/// ```
public struct IndexConfiguration: Sendable, Equatable {
    /// The kinds of index.
    public enum Kind: String, Sendable, CaseIterable {
        /// Exact up to so many vectors; beyond, partitioned if that reaches the recall on the bundle's own vectors.
        case auto
        /// Every query is compared with every vector.
        case exact
        /// A query is compared with the cells that promise most.
        case partitioned
        /// Vector sets of Redis 8, which publishing fills.
        case vectorSets = "redis-vector-sets"
        /// An index of RediSearch, which publishing fills.
        case rediSearch = "redisearch"
    }

    /// The kind.
    public var kind = Kind.auto
    /// Up to how many vectors ``Kind/auto`` is exact.
    public var mostExact = IndexChoice.mostExact
    /// What a partitioned index shall find of what an exact one finds, from 0 to 1.
    public var recall = 0.95
    /// The server that keeps the vectors; nil: the index is in this process.
    public var server: VectorServer?

    /// What messages call the server that keeps the vectors; nil: none does.
    public var serverSummary: String? { server?.summary }

    /// Makes a configuration with its defaults.
    public init() {}

    /// Reads `index:` of a pipeline; faults go to the fields' diagnostics.
    init(_ fields: inout ConfigurationFields) {
        let words = Kind.allCases.map(\.rawValue)
        if case .scalar? = fields.node("index")?.content {
            kind = fields.choice("index", of: words).flatMap(Kind.init) ?? .auto
            if VectorServer.Kind(rawValue: kind.rawValue) != nil {
                fields.diagnostics.report(
                    MartletError(
                        .invalidConfiguration, "'\(fields.name(of: "index"))' names no server",
                        hint: "write index: {kind: \(kind.rawValue), url: \"redis://127.0.0.1:6379\"}",
                        at: fields.location(of: "index")))
            }
            return
        }
        var index = fields.fields("index")
        kind = index.choice("kind", of: words).flatMap(Kind.init) ?? .auto
        mostExact = index.integer("exact-up-to", default: mostExact, in: 0...Int(Int32.max))
        recall = index.number("recall", default: recall, in: 0.5...1)
        if let kind = VectorServer.Kind(rawValue: kind.rawValue) {
            let waits = index.keys.contains("timeout")
            var redis = StoreConfiguration.redis(&index, projectFolder: "")
            // A page waits for the search.
            if !waits { redis.timeout = 1 }
            server = VectorServer(kind, at: redis)
        }
        index.finish()
    }

    /// What a bundle depends on.
    var json: JSONValue {
        ["kind": .string(kind.rawValue), "exact-up-to": .integer(Int64(mostExact)), "recall": .number(recall)]
    }
}
