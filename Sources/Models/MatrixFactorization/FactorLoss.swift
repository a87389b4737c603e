/// What the training of matrix factorisation makes small.
package enum FactorLoss: String, Sendable, CaseIterable {
    /// −log σ(s_i − s_j) for an item i that the user had and an item j that he had not. Source: Rendle et al., "BPR:
    /// Bayesian Personalized Ranking from Implicit Feedback" (2009).
    case bpr
    /// The rank of i, estimated by how many j had to be tried, times how far one comes within the margin. Source: Weston
    /// et al., "WSABIE: Scaling Up To Large Vocabulary Image Annotation" (2011).
    case warp
    /// Binary cross-entropy: items that the user had against items drawn.
    case bce
    /// The softmax over all items, exactly.
    case softmax
    /// The softmax over items drawn for each batch.
    case sampledSoftmax = "sampled-softmax"
    /// The bilateral softmax: positives are weighed by a softmax of their own. Source: Wu et al., "BSL: Understanding
    /// and Improving Softmax Loss for Recommendation" (2024).
    case bsl

    /// Whether a step learns from one pair, rather than from a batch of users.
    package var isPairwise: Bool { self == .bpr || self == .warp || self == .bce }
}

/// Where the items that a user did not have are drawn from.
package enum Negatives: String, Sendable, CaseIterable {
    /// None are drawn: all items count.
    case all
    /// All items alike.
    case uniform
    /// Items by how often they are had, to a power.
    case popularity
    /// The items of the batch's users.
    case inBatch = "in-batch"
    /// Half of them from the batch, half from all items alike.
    case mixed
    /// The items of this batch and of those before it. Source: Wang, Zhu and He, "Cross-Batch Negative Sampling for
    /// Training Two-Tower Recommenders" (2021).
    case queue
}
