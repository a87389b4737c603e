import Features
import Tensor

/// A model whose scores are about probabilities.
package protocol ProbabilityModel: RetrievalModel {
    /// The targets' names (click, cart, purchase), in the order of the probabilities; empty before fitting.
    var targets: [String] { get }

    /// The calibrated probabilities of pairs `(users[i], items[i])`, `B × T`.
    ///
    /// - Parameters:
    ///   - at: the moment, in seconds since 1970.
    ///   - sampling: true: that a row of a sample is an interaction and not one of the negatives, drawn as in training;
    ///     false: that it is this item that the user takes next.
    /// - Throws: `invalidData` if the model was not fitted or an index lies outside the dataset.
    func probabilities(
        users: [Int32], items: [Int32], at: Int64, sampling: Bool, data: InteractionDataset
    ) throws -> Matrix
}
