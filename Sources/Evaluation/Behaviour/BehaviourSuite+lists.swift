import Core
import Tensor

/// Tests of the lists themselves, whatever users chose.
extension BehaviourSuite {
    func measureLists(_ test: BehaviourTest) -> BehaviourMeasurement {
        let tally = subject.tally
        switch test {
        case .personalization:
            return BehaviourMeasurement(value: tally.personalization, lists: { commonest })
        case .commonList:
            let shares = commonShares
            return BehaviourMeasurement(
                value: mean(shares).value, lists: { shares.indices.filter { shares[$0] ?? 0 >= 1 } })
        case .bestsellerShare:
            let shares = subject.lists.overlaps(with: subject.bestsellers, k: subject.k)
            return BehaviourMeasurement(
                value: mean(shares).value, lists: { shares.indices.filter { shares[$0] ?? 0 >= 1 } })
        case .coverage:
            return BehaviourMeasurement(
                value: tally.coverage(itemCount: subject.itemCount),
                note: "\(tally.places.count { $0 > 0 }) of \(subject.itemCount) items")
        case .gini: return BehaviourMeasurement(value: tally.gini(itemCount: subject.itemCount))
        case .popularityBias:
            let total = subject.popularity.reduce(0.0) { $0 + Double($1) }
            guard total > 0 else { return .unknown("nothing was learned from") }
            let mean = tally.mean(of: subject.popularity.map(Float.init))
            return BehaviourMeasurement(
                value: mean / total, note: "on average \(fixed(mean, digits: 1)) users had a recommended item")
        case .novelty:
            return BehaviourMeasurement(
                value: tally.novelty(popularity: subject.popularity, users: subject.trainingUsers))
        case .tailShare: return BehaviourMeasurement(value: tally.tailShare(popularity: subject.popularity))
        case .intraListSimilarity:
            guard let space = subject.space else { return .unknown("items have no vectors") }
            return BehaviourMeasurement(value: space.intraListSimilarity(subject.lists, k: subject.k))
        case .lessWrong:
            guard let space = subject.space else { return .unknown("items have no vectors") }
            let distances = space.missDistances(subject.lists, truth: subject.truth, k: subject.k)
            return BehaviourMeasurement(value: mean(distances).value, note: "\(distances.count) misses")
        case .priceHomogeneity:
            guard let prices = subject.prices else {
                return .unknown("'tests.price' names no column of the items table")
            }
            let distances = PriceHomogeneity.distances(subject.lists, truth: subject.truth, prices: prices)
            return BehaviourMeasurement(value: mean(distances).value, note: "\(distances.count) users")
        case .perturbationDrop, .perturbationSwap: return perturbation(test)
        case .similarSymmetry:
            guard let symmetry = subject.symmetry else { return .unknown("the model was not asked for similar items") }
            return BehaviourMeasurement(
                value: mean(symmetry).value, note: "\(symmetry.count { $0 != nil }) items have similar ones")
        case .stability:
            guard let champion = subject.champion else { return .unknown("'tests.champion' names no model") }
            return changes(champion.lists, "against \(champion.name)")
        case .rerunNoise:
            guard let rerun = subject.rerun else { return .unknown("the model was not trained again") }
            return changes(rerun, "another seed")
        default: return .unknown("there is no such test")
        }
    }

    private var commonShares: [Double?] {
        subject.lists.commonShares(
            k: subject.k, seen: subject.excludesSeen ? subject.histories : nil, itemCount: subject.itemCount)
    }

    /// Lists that are most like all others.
    private var commonest: [Int] {
        let shares = commonShares
        return shares.indices.sorted { (-(shares[$0] ?? -1), $0) < (-(shares[$1] ?? -1), $1) }.prefix(10).map { $0 }
    }

    private func perturbation(_ test: BehaviourTest) -> BehaviourMeasurement {
        guard let (users, before, after) = subject.perturbations[test], !users.isEmpty else {
            return .unknown("no user has a history that could be changed")
        }
        let shares = before.overlaps(with: after, k: subject.k)
        let found = mean(shares)
        return BehaviourMeasurement(
            value: found.value, interval: found, note: "\(users.count) users",
            lists: { least(shares).map { users[$0] } })
    }

    private func changes(_ other: RankedLists, _ note: String) -> BehaviourMeasurement {
        let shares = subject.lists.overlaps(with: other, k: subject.k)
        let found = mean(shares)
        return BehaviourMeasurement(
            value: 1 - found.value, note: "\(note); \(shares.count { $0 ?? 1 < 1 }) of \(shares.count) lists differ",
            lists: { least(shares) })
    }

    /// The lists with the least shares.
    private func least(_ shares: [Double?]) -> [Int] {
        Array(shares.indices.sorted { ((shares[$0] ?? 2), $0) < ((shares[$1] ?? 2), $1) }.prefix(10))
    }
}
