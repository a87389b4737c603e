import Core
import Tensor

/// An architecture that ranks: what becomes of a row's embeddings and numbers until a logit for each target.
///
/// Training and scoring are the same for all (``RankingTrainer``, ``RankingScorer``); a network says which inputs it
/// wants (``layout``), what it multiplies them with first (``stem``), and what follows. Calls work on the first rows of
/// one worker's memory, on one thread.
package protocol RankingNetwork: Sendable {
    /// The name in `martlet.yml`, such as `deepfm`.
    static var kind: String { get }
    /// The hyperparameters that this architecture has, with their defaults.
    static var defaults: NetworkSettings { get }
    /// Whether it learns several targets at once.
    static var hasTargets: Bool { get }

    /// Adds the parameters.
    ///
    /// - Parameter targets: how many logits a row gets.
    init(_ settings: NetworkSettings, fields: RankingFields, targets: Int, to parameters: inout Parameters)

    /// Where the inputs come from.
    var layout: RankingLayout { get }
    /// Everything that is linear in x, as one product, not rectified: `X × H`. It splits into a user's and an item's
    /// part, so that scoring a user against all items multiplies each once. Nil: nothing is.
    var stem: DenseLayer? { get }
    /// Whether ``forward(_:_:rows:)`` reads x itself, and not the stem's output alone.
    var readsInput: Bool { get }
    /// Whether ``backward(_:_:gradients:rows:)`` writes the slopes of x that anyone is owed, so that they need not be 0
    /// before.
    var writesInputSlopes: Bool { get }
    /// The widths of what it writes between inputs and logits.
    var plan: WorkspacePlan { get }

    /// Fills the logits, `B × T`, from x, the second input and the stem's output.
    func forward(_ parameters: Parameters, _ space: RankingWorkspace, rows: Int)

    /// From the slopes of the logits, adds this piece's gradients of the dense parameters, adds the slopes of x (unless
    /// ``readsInput`` is false), and writes those of the second input and of the stem's output.
    func backward(_ parameters: Parameters, _ space: RankingWorkspace, gradients: DenseGradients, rows: Int)

    /// The same computation as an ONNX graph; returns the name of the logits, `B × T`.
    func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> String
}

extension RankingNetwork {
    /// No: one target.
    package static var hasTargets: Bool { false }
    /// No: it adds.
    package var writesInputSlopes: Bool { false }
}

extension Parameters {
    /// Draws the first values of a ranking network: embeddings and vectors from N(0, deviation²), products by He's
    /// rule, weights of linear terms and biases 0.
    package func drawRanking(seed: UInt64, deviation: Double) {
        var random = RandomSource(seed: seed, stream: 1)
        for (place, entry) in entries.enumerated() {
            if entry.isTable ? entry.matrix.columns > 1 : entry.name.hasSuffix(".vectors") {
                drawNormal(place, deviation: deviation, from: &random)
            } else if !entry.isTable, entry.name.hasSuffix(".weight") {
                drawHe(place, from: &random)
            }
        }
    }
}
