import Features
import Tensor

extension YouTubeDNNModel: QueryModel {
    /// Reads the users' features.
    package func queryTower(_ data: InteractionDataset) throws -> any QueryTower {
        guard let network, let shape else { throw notFitted(Self.kind) }
        try shape.dataset.check(data)
        return YouTubeDNNQueries(
            network: network, popularity: popularity, scale: Float(1 / settings.temperature),
            inputs: try YouTubeDNNInputs(shape, settings, at: data.split.end, data: data),
            moments: try MomentCodes(shape.contextFeatures, data: data), data: data, shape: shape)
    }
}

/// The network at request time.
struct YouTubeDNNQueries: QueryTower {
    let network: YouTubeDNNNetwork
    let popularity: [Float]
    /// 1 / τ.
    let scale: Float
    let inputs: YouTubeDNNInputs
    let moments: MomentCodes
    let data: InteractionDataset
    let shape: TwoTowerShape

    var findable: [Bool]? { popularity.map { $0 > 0 } }

    func itemVectors() throws -> Matrix { network.itemVectors(network.parameters) }

    func queries(_ request: RecommendationRequest, features: [EncodedRow?]?) throws -> Matrix {
        try checkIndices(request.users, in: -1..<data.users.count, of: "user")
        let inputs = inputs.at(request.at, moment: try moments.codes(at: request.at))
        let isBrought = request.history != nil
        let histories =
            try request.history.map { UserHistories($0, times: request.historyTimes, at: request.at) }
            ?? UserHistories(data, windows: shape.dataset.windows)
        let users = network.userVectors(network.parameters, count: request.users.count, threads: nil) { range in
            var input = inputs.input(
                users: Array(request.users[range]), histories, rows: isBrought ? range : nil, at: request.at)
            if let features {
                input.replace(Array(features[range]), codes: shape.userFeatures, numbers: shape.userNumbers, from: 0)
            }
            return input
        }
        for place in users.values.indices { users.values[place] *= scale }
        return users
    }
}
