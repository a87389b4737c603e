import Core
import Features
import Tensor

/// What the network sees of users: their histories and features.
struct YouTubeDNNInputs: Sendable {
    private let users: EntityInputs
    private let bags: HistoryBags
    private var moment: [Int32]
    /// The moment that lists are made for.
    private(set) var now: Int64

    /// Reads and checks the features.
    ///
    /// - Throws: `invalidData` naming column and row of a number that is none.
    init(
        _ shape: TwoTowerShape, _ settings: YouTubeDNNHyperparameters, at now: Int64, data: InteractionDataset
    ) throws {
        users = try EntityInputs(
            data.users, kind: "user", hasID: false, features: shape.userFeatures, numbers: shape.userNumbers)
        bags = HistoryBags(
            length: settings.historyLength, decay: TimeDecay(halfLife: settings.historyHalfLife),
            unknown: Int32(shape.dataset.trainedItems))
        moment = try ContextCodes(shape.contextFeatures, at: now, data: data).codes
        self.now = now
    }

    /// The same for another moment, whose codes are given.
    func at(_ now: Int64, moment: [Int32]) -> YouTubeDNNInputs {
        var inputs = self
        inputs.now = now
        inputs.moment = moment
        return inputs
    }

    /// The input for some training rows: what each row's user did before its moment.
    func input(_ rows: TrainingRows, _ batch: ArraySlice<Int32>) -> TowerInput {
        let histories = rows.histories
        var made = TowerInput.Bags()
        for entry in batch.lazy.map({ Int($0) }) {
            let begin = histories.offsets[Int(rows.users[entry])]
            let end = histories.begin(ofMomentAt: entry, since: begin)
            bags.append(begin..<end, of: histories, at: histories.times[entry], to: &made)
        }
        let context = (0..<rows.contextCount).map { feature in batch.map { rows.context(feature, Int($0)) } }
        return users.input(batch.map { rows.users[Int($0)] }, context: context, history: made)
    }

    /// The input for some users, all they did before `now` their history.
    ///
    /// - Parameter rows: whose entries of `histories` each user has; nil: the user's own.
    func input(
        users indices: [Int32], _ histories: UserHistories, rows: Range<Int>? = nil, at now: Int64
    ) -> TowerInput {
        var made = TowerInput.Bags()
        for (place, user) in indices.enumerated() {
            let entries = histories.entries(of: rows.map { Int32($0.lowerBound + place) } ?? user)
            bags.append(entries, of: histories, at: now, to: &made)
        }
        return users.input(
            indices, context: moment.map { [Int32](repeating: $0, count: indices.count) }, history: made)
    }
}
