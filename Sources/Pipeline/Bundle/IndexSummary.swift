import Core
import FoundationEssentials

/// Which index a bundle has, and what it finds.
public struct IndexSummary: Codable, Sendable, Equatable {
    /// `exact` or `partitioned`.
    public var kind: String
    /// How many vectors there are.
    public var vectors: Int
    /// How long each is.
    public var dimensions: Int
    /// The share of the exact lists that was found, mean over the queries; 1 for an exact index.
    public var recall: Double
    /// The recall of the query at the 5th percentile.
    public var lowRecall: Double
    /// The length of those lists.
    public var k: Int
    /// How many users' vectors it was measured with.
    public var queries: Int
    /// How much of the vectors a query is compared with, mean, from 0 to 1.
    public var scanned: Double

    /// Such as `partitioned index of 480,000 vectors, recall@100 0.952 (5 % of users below 0.89)`.
    public var text: String {
        guard kind != "exact" else { return "exact index of \(vectors) vectors of \(dimensions) dimensions" }
        func rounded(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
        return "partitioned index of \(vectors) vectors of \(dimensions) dimensions: recall@\(k) \(rounded(recall)) of "
            + "\(queries) users, \(rounded(lowRecall)) at the 5th percentile, \(rounded(scanned * 100)) % of the vectors "
            + "compared"
    }

    /// Reads what `JSONValue(encoding:)` made of one; nil if it is nothing of the kind.
    public init?(_ json: JSONValue) {
        guard let read = try? JSONDecoder().decode(Self.self, from: Data(json.description.utf8)) else { return nil }
        self = read
    }

    init(
        kind: String, vectors: Int, dimensions: Int, recall: Double, lowRecall: Double, k: Int, queries: Int,
        scanned: Double
    ) {
        self.kind = kind
        self.vectors = vectors
        self.dimensions = dimensions
        self.recall = recall
        self.lowRecall = lowRecall
        self.k = k
        self.queries = queries
        self.scanned = scanned
    }
}
