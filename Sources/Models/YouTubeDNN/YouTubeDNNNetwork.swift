import CKernels
import Core
import Tensor

/// The network and its numbers: a tower over the pooled history, and a vector for each item.
struct YouTubeDNNNetwork: Sendable {
    /// The numbers.
    var parameters: Parameters
    /// What makes a vector of a history and features.
    let tower: Tower
    /// Where the items' vectors stand, `N × D`.
    let items: Int
    private let isCosine: Bool

    /// How many rows go through the tower at once.
    private static let batch = 4096

    /// Builds the network, all numbers 0.
    init(_ shape: TwoTowerShape, itemCount: Int, _ settings: YouTubeDNNHyperparameters) {
        var parameters = Parameters()
        let features = (shape.userFeatures + shape.contextFeatures).map { feature in
            // The rule of the two towers, 2 · cardinality^¼ rounded up to a multiple of 8.
            let root = Double(feature.cardinality).squareRoot().squareRoot()
            return (feature.name, feature.cardinality, max(8, Int((2 * root / 8).rounded(.up)) * 8))
        }
        tower = Tower(
            "user", categorical: features, continuousCount: shape.userNumbers.count,
            // The row after the last trained one stands for all items that were not trained.
            history: .own(rows: shape.dataset.trainedItems + 1, width: settings.embedding), layers: settings.layers,
            dimension: settings.layers[settings.layers.count - 1], isNormalized: settings.isCosine, to: &parameters)
        // Every step changes all items with the full softmax: no table whose rows are looked up.
        items = parameters.add("items", rows: itemCount, columns: tower.outputWidth, isTable: false)
        isCosine = settings.isCosine
        self.parameters = parameters
    }

    /// Draws the first values.
    func draw(seed: UInt64, deviation: Double) {
        var random = RandomSource(seed: seed, stream: 1)
        tower.draw(parameters, deviation: deviation, from: &random)
        parameters.drawNormal(items, deviation: deviation, from: &random)
    }

    /// The vectors of the items as scores see them, `N × D`.
    func itemVectors(_ parameters: Parameters) -> Matrix {
        guard isCosine else { return parameters[items] }
        let vectors = parameters[items].copy()
        let inverse = Matrix(rows: vectors.rows, columns: 1)
        martlet_normalize(vectors.pointer, vectors.rows, vectors.columns, inverse.pointer)
        return vectors
    }

    /// The vectors of `count` users, `count × D`; `input` makes the input of a range of them.
    func userVectors(
        _ parameters: Parameters, count: Int, threads: Int?, input: (Range<Int>) -> TowerInput
    ) -> Matrix {
        let vectors = Matrix(rows: count, columns: tower.outputWidth)
        let workspace = TowerWorkspace(tower, rows: min(count, Self.batch), withGradients: false)
        for first in stride(from: 0, to: count, by: Self.batch) {
            let rows = first..<min(first + Self.batch, count)
            let input = input(rows)
            parallelFor(rows.count, grain: 64, threads: threads) { part, _ in
                tower.forward(parameters, input, workspace, rows: part)
            }
            (vectors.pointer + first * vectors.columns).update(
                from: workspace.output.pointer, count: rows.count * vectors.columns)
        }
        return vectors
    }
}
