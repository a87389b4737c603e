/// How well the next weeks of a generated shop can be foretold.
///
/// `Recall@k = mean over test users of |top k ∩ bought| / |bought|`: all articles are ranked, those bought before
/// included; `bought` are the distinct articles that the user bought in the test window.
public struct PlantedRecall: Sendable, Codable, Hashable {
    /// The length of the lists.
    public var k: Int
    /// The last days of the shop that are to be foretold.
    public var testDays: Int
    /// Recall@k of the lists in order of the true probability that the user buys the article in the window: no model
    /// can be expected to do better.
    public var best: Double
    /// Recall@k of the same list for everyone: what was bought most in the four weeks before.
    public var popularity: Double
    /// NDCG@k of those lists, with binary relevance.
    public var bestNDCG: Double
    /// How many test users were looked at: all of them, or a sample.
    public var users: Int
}
