import Core
import Features
import Tensor

/// Runs the trained towers over users and items of a dataset.
struct TwoTowerEncoder: Sendable {
    private let network: TwoTowerNetwork
    private let shape: TwoTowerShape
    private let settings: TwoTowerHyperparameters
    private let data: InteractionDataset
    private let userInputs: EntityInputs
    private let itemInputs: EntityInputs

    /// How many rows go through a tower at once.
    private static let batch = 4096

    /// Reads and checks the features.
    init(
        _ network: TwoTowerNetwork, _ shape: TwoTowerShape, _ settings: TwoTowerHyperparameters,
        _ data: InteractionDataset
    ) throws {
        self.init(
            network, shape, settings, data,
            users: try EntityInputs(
                data.users, kind: "user", hasID: settings.usesUserID, features: shape.userFeatures,
                numbers: shape.userNumbers),
            items: try EntityInputs(
                data.items, kind: "item", hasID: true, features: shape.itemFeatures, numbers: shape.itemNumbers))
    }

    /// Takes features that were read already.
    init(
        _ network: TwoTowerNetwork, _ shape: TwoTowerShape, _ settings: TwoTowerHyperparameters,
        _ data: InteractionDataset, users: EntityInputs, items: EntityInputs
    ) {
        self.network = network
        self.shape = shape
        self.settings = settings
        self.data = data
        userInputs = users
        itemInputs = items
    }

    /// The vectors of all items, `N × (D + 1)`.
    func items(threads: Int?) throws -> Matrix {
        let vectors = Matrix(rows: data.items.count, columns: network.vectorWidth)
        for first in stride(from: 0, to: data.items.count, by: Self.batch) {
            let indices = Array(Int32(first)..<Int32(min(first + Self.batch, data.items.count)))
            network.write(itemInputs.input(indices), isItem: true, into: vectors, first: first, threads: threads)
        }
        return vectors
    }

    /// The vectors of the users of a request, `users × (D + 1)`.
    ///
    /// - Parameters:
    ///   - moment: the codes of the moment, where they are known already.
    ///   - features: for each user encoded features that take the place of the dataset's.
    func users(
        _ request: RecommendationRequest, histories given: UserHistories? = nil, moment known: [Int32]? = nil,
        features: [EncodedRow?]? = nil, threads: Int?
    ) throws -> Matrix {
        try checkIndices(request.users, in: -1..<data.users.count, of: "user")
        let vectors = Matrix(rows: request.users.count, columns: network.vectorWidth)
        let moment = try known ?? ContextCodes(shape.contextFeatures, at: request.at, data: data).codes
        let bags = HistoryBags(
            length: settings.historyLength, decay: TimeDecay(halfLife: settings.historyHalfLife),
            unknown: itemInputs.unknown)
        let histories = network.userTower.history == nil ? nil : try given ?? histories(request)
        for first in stride(from: 0, to: request.users.count, by: Self.batch) {
            let rows = first..<min(first + Self.batch, request.users.count)
            var history: TowerInput.Bags?
            if let histories {
                var made = TowerInput.Bags()
                for row in rows {
                    let user = request.history == nil ? request.users[row] : Int32(row)
                    bags.append(histories.entries(of: user), of: histories, at: request.at, to: &made)
                }
                history = made
            }
            var input = userInputs.input(
                Array(request.users[rows]), context: moment.map { [Int32](repeating: $0, count: rows.count) },
                history: history)
            if let features {
                input.replace(
                    Array(features[rows]), codes: shape.userFeatures, numbers: shape.userNumbers,
                    from: userInputs.hasID ? 1 : 0)
            }
            network.write(input, isItem: false, into: vectors, first: first, threads: threads)
        }
        return vectors
    }

    /// What repeats add, if they count.
    var repeatBonus: RepeatBonus? {
        network.repeats.map { place in
            let learned = network.parameters[place]
            return RepeatBonus(
                coefficients: (learned[0, 0], learned[0, 1]), length: settings.historyLength,
                decay: TimeDecay(halfLife: settings.historyHalfLife))
        }
    }

    /// The histories that a request brings along, or those that the model was fitted on.
    func histories(_ request: RecommendationRequest) throws -> UserHistories {
        if let history = request.history {
            return UserHistories(history, times: request.historyTimes, at: request.at)
        }
        return try UserHistories(data, windows: shape.dataset.windows)
    }
}
