import Core
import Tensor

/// The two towers and their numbers.
struct TwoTowerNetwork: Sendable {
    /// The numbers of both towers.
    var parameters: Parameters
    /// The user tower.
    let userTower: Tower
    /// The item tower.
    let itemTower: Tower
    /// Where the items' biases stand, `(trained items + 1) × 1`.
    let itemBias: Int?
    /// Where ρ stands, `1 × 2`: what a repeat adds, see ``RepeatBonus``.
    let repeats: Int?
    /// 1 / τ.
    let scale: Float

    /// Builds the towers, all numbers 0.
    init(_ shape: TwoTowerShape, _ settings: TwoTowerHyperparameters) {
        var parameters = Parameters()
        func widths(_ features: [TwoTowerShape.Feature]) -> [(name: String, cardinality: Int, width: Int)] {
            features.map { ($0.name, $0.cardinality, settings.width(of: $0.name, cardinality: $0.cardinality)) }
        }
        // The row after the last trained one stands for everybody unknown.
        let items = shape.dataset.trainedItems + 1
        let users = shape.dataset.trainedUsers + 1
        let itemWidth = settings.width(of: "item", cardinality: items)
        itemTower = Tower(
            "item", categorical: [("id", items, itemWidth)] + widths(shape.itemFeatures),
            continuousCount: shape.itemNumbers.count, history: nil, layers: settings.layers,
            dimension: settings.dimension, isNormalized: settings.isNormalized, to: &parameters)
        var history: Tower.HistoryTable?
        if settings.historyLength > 0 {
            history =
                settings.sharesHistory
                ? .shared(itemTower.lookups[0].table)
                : .own(rows: items, width: settings.width(of: "history", cardinality: items))
        }
        let id = settings.usesUserID ? [("id", users, settings.width(of: "user", cardinality: users))] : []
        userTower = Tower(
            "user", categorical: id + widths(shape.userFeatures) + widths(shape.contextFeatures),
            continuousCount: shape.userNumbers.count, history: history, layers: settings.layers,
            dimension: settings.dimension, isNormalized: settings.isNormalized, to: &parameters)
        itemBias = settings.hasItemBias ? parameters.add("item.bias", rows: items, columns: 1, isTable: true) : nil
        repeats =
            settings.learnsRepeats && settings.historyLength > 0
            ? parameters.add("user.repeat", rows: 1, columns: 2, isTable: false) : nil
        self.parameters = parameters
        scale = Float(1 / settings.temperature)
    }

    /// Draws the first values. Biases begin at 0.
    func draw(seed: UInt64, deviation: Double) {
        var random = RandomSource(seed: seed, stream: 1)
        itemTower.draw(parameters, deviation: deviation, from: &random)
        userTower.draw(parameters, deviation: deviation, from: &random)
    }

    /// The dimension of ``vectors(of:_:threads:)``: the tower's, and one more for the bias.
    var vectorWidth: Int { userTower.outputWidth + 1 }

    /// The outputs of a tower for a whole batch, into rows `first...` of `vectors`, such that inner products of users'
    /// and items' vectors are logits: items are divided by τ and carry their bias, users carry a 1.
    func write(_ input: TowerInput, isItem: Bool, into vectors: Matrix, first: Int, threads: Int?) {
        let tower = isItem ? itemTower : userTower
        let workspace = TowerWorkspace(tower, rows: input.rows, withGradients: false)
        let width = tower.outputWidth
        parallelFor(input.rows, grain: 64, threads: threads) { rows, _ in
            tower.forward(parameters, input, workspace, rows: rows)
            for row in rows {
                let from = workspace.output.row(row)
                let to = vectors.row(first + row)
                for column in 0..<width { to[column] = isItem ? from[column] * scale : from[column] }
                to[width] = isItem ? itemBias.map { parameters[$0].values[Int(input.codes[0][row])] } ?? 0 : 1
            }
        }
    }
}
