import Core
import Tensor

/// What makes the steps of a factor model's training; the epochs, validation and checkpoints are ``FactorSession``'s.
protocol FactorTrainer {
    /// What is learned.
    var parameters: Parameters { get }
    /// The rule of the steps, with what it remembers.
    var optimizer: Optimizer { get set }
    /// How many pairs an epoch learns from.
    var sampleCount: Int { get }

    /// One pass over the data.
    ///
    /// - Parameters:
    ///   - number: which pass, counted from 1: all random numbers of a pass depend on it and on the seed alone.
    ///   - rate: what the learning rate is multiplied with when so large a share of the pass is done.
    ///   - progress: told now and then how many pairs are done; throws where the training is to stop.
    /// - Returns: the mean loss of a pair (or of a user); a number that is not finite as soon as one is met.
    mutating func epoch(
        _ number: Int, rate: (_ share: Double) -> Double, progress: (_ done: Int) throws -> Void
    ) throws -> Double

    /// The vectors that `parameters` come to: of users, of items, and the items' biases.
    func vectors(_ parameters: Parameters) -> (users: Matrix, items: Matrix, bias: [Float]?)
}
