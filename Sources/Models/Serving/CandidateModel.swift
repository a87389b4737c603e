import Core
import Features
import Synchronization
import Tensor

/// A model that scores the candidates of a request, at a cost that depends on them and not on the catalogue.
package protocol CandidateModel: RetrievalModel {
    /// Makes ready what requests need: what depends on an item alone is computed once, here.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    /// - Complexity: O(N · network)
    func candidateScorer(_ data: InteractionDataset) throws -> any CandidateScorer
}

/// Scores candidates; see ``CandidateModel``.
package protocol CandidateScorer: Sendable {
    /// The scores of the candidates of each user, on the scale that the model recommends by.
    ///
    /// - Parameters:
    ///   - candidates: row `i` holds the items to score for `request.users[i]`.
    ///   - request: the users, the moment and their histories; `k`, `exclude` and `allowed` are not looked at.
    ///   - features: for each user encoded features that take the place of the dataset's; nil: none do.
    ///   - items: features of some items that take the place of the dataset's.
    /// - Returns: one number for each entry of `candidates`, in their order.
    /// - Throws: `invalidData` for a user or item outside the dataset.
    /// - Complexity: O(users · user's part + candidates · network)
    func scores(
        of candidates: SparseRows, for request: RecommendationRequest, features: [EncodedRow?]?, items: [EncodedItems]
    ) throws -> [Float]

    /// The items of which the model reads something else than the dataset has.
    ///
    /// - Complexity: O(items · features)
    func differing(_ items: EncodedItems) -> Set<Int32>
}

extension CandidateScorer {
    /// All of them, for all that is known.
    package func differing(_ items: EncodedItems) -> Set<Int32> { Set(items.items) }

    /// The scores from the dataset's own features; see ``scores(of:for:features:items:)``.
    package func scores(of candidates: SparseRows, for request: RecommendationRequest) throws -> [Float] {
        try scores(of: candidates, for: request, features: nil, items: [])
    }
}

extension RankingModel: CandidateModel {
    /// Makes the items' parts.
    package func candidateScorer(_ data: InteractionDataset) throws -> any CandidateScorer {
        guard let trained else { throw notFitted(Self.kind) }
        return RankingCandidates(
            scorer: try scorer(data), moments: try MomentCodes(trained.shape.inputs.contextFeatures, data: data))
    }
}

/// A ranking network at request time.
final class RankingCandidates<Network: RankingNetwork>: CandidateScorer {
    private let scorer: RankingScorer<Network>
    private let moments: MomentCodes
    /// A shorter way than the network's own, where there is one.
    private let shortcut: DLRMCandidates?
    /// Memory that no request uses just now; taking it is cheaper than making it.
    private let idle = Mutex<[RankingScorer<Network>.CandidateMemory]>([])

    init(scorer: RankingScorer<Network>, moments: MomentCodes) {
        self.scorer = scorer
        self.moments = moments
        shortcut = (scorer.network as? DLRM).map { DLRMCandidates($0, scorer.parameters, itemX: scorer.itemX) }
    }

    func differing(_ items: EncodedItems) -> Set<Int32> {
        Set(FreshCodes(items, scorer.shape.inputs).differing(from: scorer.inputs).map(\.item))
    }

    func scores(
        of candidates: SparseRows, for request: RecommendationRequest, features: [EncodedRow?]?, items: [EncodedItems]
    ) throws -> [Float] {
        try checkIndices(request.users, in: -1..<scorer.data.users.count, of: "user")
        precondition(candidates.rows == request.users.count, "each user has a row of candidates")
        let moment = try moments.codes(at: request.at)
        let histories = scorer.inputs.fields.history == nil ? nil : try scorer.histories(request)
        let memory =
            idle.withLock { $0.popLast() } ?? RankingScorer<Network>.CandidateMemory(scorer, shortcut: shortcut)
        defer { idle.withLock { $0.append(memory) } }
        return scorer.scores(
            of: candidates, request, moment: moment, histories: histories, features: features,
            parts: items.compactMap(scorer.parts),
            shortcut, memory)
    }
}
