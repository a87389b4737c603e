import Features
import Tensor

extension TwoTowerModel: QueryModel {
    /// Reads the users' and items' features.
    package func queryTower(_ data: InteractionDataset) throws -> any QueryTower {
        guard let network, let shape else { throw notFitted(Self.kind) }
        try shape.dataset.check(data)
        return TwoTowerQueries(
            encoder: try TwoTowerEncoder(network, shape, settings, data),
            moments: try MomentCodes(shape.contextFeatures, data: data))
    }
}

/// The towers at request time.
struct TwoTowerQueries: QueryTower {
    let encoder: TwoTowerEncoder
    let moments: MomentCodes

    var findable: [Bool]? { nil }

    func itemVectors() throws -> Matrix { try encoder.items(threads: nil) }

    func queries(_ request: RecommendationRequest, features: [EncodedRow?]?) throws -> Matrix {
        try encoder.users(request, moment: moments.codes(at: request.at), features: features, threads: nil)
    }

    func repeats(_ request: RecommendationRequest) throws -> [[(item: Int32, bonus: Float)]]? {
        try encoder.repeats(request)
    }
}
