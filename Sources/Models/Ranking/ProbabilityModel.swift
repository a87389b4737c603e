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

    /// Calibrated probabilities of the interactions of a window, and of negatives drawn beside them as in training, at
    /// the moment at which the window begins: what ``SampledProbabilityMetrics`` of Evaluation measures.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    func sample(_ window: Window, seed: UInt64, data: InteractionDataset) throws -> ProbabilitySample
}

/// Rows to judge probabilities by.
package struct ProbabilitySample: Sendable {
    /// Each row's user.
    package var users: [Int32] = []
    /// By target, each row's probability that it is an interaction that reached the target.
    package var probabilities: [String: [Float]] = [:]
    /// By target, whether it did.
    package var labels: [String: [Bool]] = [:]
}
