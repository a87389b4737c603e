/// What a model is tested for beside its accuracy, by the name in `martlet.yml`.
public enum BehaviourTest: String, CaseIterable, Sendable, Codable {
    /// Recall as a multiple of what lists drawn at random would reach.
    case betterThanRandom = "better-than-random"
    /// The chosen metric as a multiple of what the bestsellers reach.
    case beatsPopularity = "beats-popularity"
    /// The chosen metric as a multiple of what the champion reaches.
    case champion
    /// 1 − the mean cosine of two users' lists.
    case personalization
    /// How much of the lists one common list explains.
    case commonList = "common-list"
    /// Which share of the places the bestsellers have.
    case bestsellerShare = "bestseller-share"
    /// Which share of the catalogue stands in any list.
    case coverage
    /// How unequally places are shared out among items.
    case gini
    /// The mean share of all training interactions that a recommended item has.
    case popularityBias = "popularity-bias"
    /// How surprising items are, in bits.
    case novelty
    /// Which share of the places goes to the least popular tenth.
    case tailShare = "tail-share"
    /// The mean cosine of two items of a list.
    case intraListSimilarity = "intra-list-similarity"
    /// The mean cosine distance of a miss from the truth.
    case lessWrong = "less-wrong"
    /// The mean |log₁₀| of the price of what is shown over the price of what is chosen.
    case priceHomogeneity = "price-homogeneity"
    /// The chosen metric of the worst slice of users, as a share of that of all.
    case worstSlice = "worst-slice"
    /// The mean distance of slices of users from all, as a share of the value of all.
    case sliceDeviation = "slice-deviation"
    /// The share found of the worst slice of items, as a share of that of all.
    case worstItemSlice = "worst-item-slice"
    /// Hit rate of the fallback for users who were not there in training.
    case coldUsers = "cold-users"
    /// The share found of items that were not there in training.
    case coldItems = "cold-items"
    /// Which share of the users gets nothing.
    case emptyLists = "empty-lists"
    /// The share of a list that stays when one item of the history is dropped.
    case perturbationDrop = "perturbation-drop"
    /// The share of a list that stays when one item of the history is swapped for a similar one.
    case perturbationSwap = "perturbation-swap"
    /// The share of similar items to which the item is similar in turn.
    case similarSymmetry = "similar-symmetry"
    /// The share of a list that differs from the champion's.
    case stability
    /// The share of a list that differs when the model is trained again with another seed.
    case rerunNoise = "rerun-noise"

    /// Which side of the threshold is good.
    public enum Bound: String, Sendable, Codable {
        /// The value must not lie below.
        case min
        /// The value must not lie above.
        case max
    }

    /// What a test that does not pass leads to.
    public enum Severity: String, Sendable, Codable, CaseIterable {
        /// Nothing is published.
        case stop
        /// It is said, and publishing goes on.
        case warn
        /// The value is shown; there is nothing to pass.
        case report
        /// It is not measured.
        case off
    }

    /// Which side of the threshold is good.
    public var bound: Bound {
        switch self {
        case .commonList, .bestsellerShare, .gini, .popularityBias, .intraListSimilarity, .lessWrong, .priceHomogeneity,
            .sliceDeviation, .emptyLists, .stability, .rerunNoise:
            .max
        default: .min
        }
    }

    /// The threshold and severity of a project that says nothing.
    ///
    /// Only what no shop can want stops: lists no better than chance, lists that lose clearly to the bestsellers, and
    /// one list for all. What depends on the shop is shown, or warned of where it is far from the usual.
    public var standard: (threshold: Double?, severity: Severity) {
        switch self {
        case .betterThanRandom: (2, .stop)
        case .beatsPopularity: (0.9, .stop)
        case .champion: (1, .stop)
        case .personalization: (0.05, .stop)
        case .commonList: (0.95, .stop)
        case .bestsellerShare: (0.9, .warn)
        case .coverage: (0.01, .warn)
        case .worstSlice: (0.1, .warn)
        case .emptyLists: (0.05, .warn)
        case .perturbationDrop, .perturbationSwap: (0.1, .warn)
        case .rerunNoise: (nil, .off)
        default: (nil, .report)
        }
    }

    /// What the value is, for a reader who does not know the name.
    public var explanation: String {
        switch self {
        case .betterThanRandom: "recall as a multiple of that of lists drawn at random"
        case .beatsPopularity: "the chosen metric as a multiple of that of the bestsellers"
        case .champion: "the chosen metric as a multiple of that of the champion"
        case .personalization: "1 − the mean cosine of two users’ lists; 0 if all get the same"
        case .commonList: "share of the lists that one list for all explains"
        case .bestsellerShare: "share of the places that the bestsellers have"
        case .coverage: "share of the catalogue that stands in any list"
        case .gini: "how unequally items share the places, 0 … 1"
        case .popularityBias: "mean share of all training interactions that a recommended item has"
        case .novelty: "mean surprise of a recommended item, in bits"
        case .tailShare: "share of the places that the least popular tenth of the items has"
        case .intraListSimilarity: "mean cosine of two items of a list"
        case .lessWrong: "mean cosine distance of a miss from what was chosen"
        case .priceHomogeneity: "mean |log₁₀| of the price shown over the price chosen"
        case .worstSlice: "the worst slice of users, as a share of all users"
        case .sliceDeviation: "mean distance of slices of users from all users, as a share of all"
        case .worstItemSlice: "share found of the worst slice of items, as a share of that of all"
        case .coldUsers: "hit rate of the fallback for users who were not there in training"
        case .coldItems: "share found of items that were not there in training"
        case .emptyLists: "share of users who get nothing"
        case .perturbationDrop: "share of a list that stays when one item of the history is dropped"
        case .perturbationSwap: "share of a list that stays when one item of the history is swapped for a similar one"
        case .similarSymmetry: "share of similar items that name the item in turn"
        case .stability: "share of a list that differs from the champion’s"
        case .rerunNoise: "share of a list that differs after a training with another seed"
        }
    }
}
