import Features
import Tensor

/// A model whose scores are inner products of vectors: the items' stand still and can be put into an index, the users'
/// are made for each request.
package protocol QueryModel: RetrievalModel {
    /// Makes ready what requests need: features are read and checked once, here.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    func queryTower(_ data: InteractionDataset) throws -> any QueryTower
}

/// Makes vectors of the users of a request; see ``QueryModel``.
package protocol QueryTower: Sendable {
    /// The items' vectors, `N × D`, made anew.
    ///
    /// - Complexity: O(N · tower)
    func itemVectors() throws -> Matrix

    /// Whether each item may be found; nil: all may.
    var findable: [Bool]? { get }

    /// The vectors of the users of a request, `users × D`: inner products with the items' vectors are scores. A row of
    /// zeros says that nothing is known of the user.
    ///
    /// - Parameter features: for each user encoded features that take the place of the dataset's; models that read no
    ///   features don't look at them.
    /// - Throws: `invalidData` for a user outside the dataset.
    /// - Complexity: O(users · tower), whatever the size of the dataset, for a request that brings its histories
    func queries(_ request: RecommendationRequest, features: [EncodedRow?]?) throws -> Matrix

    /// What is added to the scores of items of each user's history, by item; nil: nothing is.
    func repeats(_ request: RecommendationRequest) throws -> [[(item: Int32, bonus: Float)]]?
}

extension QueryTower {
    /// The vectors from the dataset's own features; see ``queries(_:features:)``.
    package func queries(_ request: RecommendationRequest) throws -> Matrix { try queries(request, features: nil) }

    /// Nothing is added.
    package func repeats(_ request: RecommendationRequest) throws -> [[(item: Int32, bonus: Float)]]? { nil }
}

extension ModelRegistry {
    /// The names of the models whose scores are inner products of a user's vector with items' vectors.
    public static var queryKinds: [String] { models.filter { $0 is any QueryModel.Type }.map { $0.kind } }
}
