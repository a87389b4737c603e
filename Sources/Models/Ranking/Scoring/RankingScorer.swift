import CKernels
import Core
import Features
import Tensor

/// Runs a trained ranking network over users and items of a dataset.
///
/// What depends on the item alone (its columns of x, its part of the stem) is made once for all items; what depends on
/// the user alone once for each user. The rest runs in blocks of items.
struct RankingScorer<Network: RankingNetwork>: Sendable {
    let network: Network
    let parameters: Parameters
    let shape: RankingShape
    let data: InteractionDataset
    let inputs: RankingInputs
    /// log(n · q_i) of each row of the items' table: undoes that negatives were sampled.
    let correction: [Float]
    /// How much each target counts in a score.
    let targetWeights: [Double]
    let itemRows: EncodedRows
    let itemX: Matrix
    let itemSide: Matrix
    let itemStem: Matrix

    /// How many logits a pair has.
    var targetCount: Int { targetWeights.count }

    /// How many items are scored at once.
    static var blockRows: Int { 256 }

    /// Makes the items' parts.
    ///
    /// - Parameter inputs: the features, where they were read already.
    init(
        _ network: Network, _ parameters: Parameters, _ settings: RankingHyperparameters, _ shape: RankingShape,
        _ data: InteractionDataset, inputs: RankingInputs? = nil, correction: [Float], threads: Int?
    ) throws {
        let inputs = try inputs ?? RankingInputs(shape.inputs, settings, data)
        self.network = network
        self.parameters = parameters
        self.shape = shape
        self.data = data
        self.inputs = inputs
        self.correction = correction
        targetWeights = shape.targets.map { settings.targets?.weights[$0] ?? 1 }
        let (layout, count) = (network.layout, data.items.count)
        let rows = EncodedRows(fields: inputs.fields.item.count, numbers: inputs.fields.itemNumbers, capacity: count)
        let width = network.stem?.output ?? 0
        let keepsX = network.readsInput
        let itemX = Matrix(rows: keepsX ? count : 0, columns: layout.itemWidth)
        let itemSide = Matrix(rows: count, columns: layout.itemSideWidth)
        let itemStem = Matrix(rows: count, columns: width)
        parallelFor(count, grain: Self.blockRows, threads: threads) { range, _ in
            let block = Matrix(rows: keepsX ? 0 : Self.blockRows, columns: layout.itemWidth)
            for first in stride(from: range.lowerBound, to: range.upperBound, by: Self.blockRows) {
                let size = min(Self.blockRows, range.upperBound - first)
                for item in first..<first + size {
                    inputs.encode(item: Int32(item), isDropped: false, to: rows, at: item)
                }
                let x = keepsX ? itemX.pointer + first * layout.itemWidth : block.pointer
                layout.gatherItems(
                    parameters, rows, first: first, rows: size, x: x, stride: layout.itemWidth,
                    side: itemSide.pointer + first * layout.itemSideWidth, sideStride: layout.itemSideWidth)
                guard let stem = network.stem else { continue }
                sgemm(
                    m: size, n: width, k: layout.itemWidth, a: x, strideA: layout.itemWidth,
                    b: parameters[stem.weight].pointer + layout.userWidth * width, strideB: width,
                    c: itemStem.pointer + first * width, strideC: width, threads: 1)
            }
        }
        itemRows = rows
        self.itemX = itemX
        self.itemSide = itemSide
        self.itemStem = itemStem
    }

    /// log(n · q) of an item.
    func correction(of item: Int32) -> Float {
        let unknown = inputs.items.unknown
        return correction[Int(item < 0 || item > unknown ? unknown : item)]
    }

    /// What a pair is ranked by: the log-odds, or the log of the weighted sum of the targets' probabilities.
    func score(_ logits: UnsafePointer<Float>, item: Int32) -> Float {
        let correction = correction(of: item)
        if targetWeights.count == 1 { return logits[0] + correction }
        var sum = 0.0
        for (target, weight) in targetWeights.enumerated() {
            sum += weight * Calibration.probability(logOdds: logits[target] + correction)
        }
        return Calibration.logarithm(max(sum, .leastNormalMagnitude))
    }

    /// The histories that a request brings along, or those that the model was fitted on.
    func histories(_ request: RecommendationRequest) throws -> UserHistories {
        if let history = request.history {
            return UserHistories(history, times: request.historyTimes, at: request.at)
        }
        return try UserHistories(data, windows: shape.inputs.dataset.windows)
    }

    /// One worker's memory for one user and a block of items.
    struct Memory: Sendable {
        let user: EncodedRows
        let userX: Matrix
        let userSide: Matrix
        let userStem: Matrix
        let crosses: EncodedRows
        let space: RankingWorkspace

        init(_ network: Network, targets: Int) {
            let (layout, rows) = (network.layout, RankingScorer.blockRows)
            user = EncodedRows(fields: layout.fields.user.count, numbers: layout.fields.userNumbers, capacity: 1)
            userX = Matrix(rows: 1, columns: layout.userWidth)
            userSide = Matrix(rows: 1, columns: layout.userSideWidth)
            userStem = Matrix(rows: 1, columns: network.stem?.output ?? 0)
            crosses = EncodedRows(fields: layout.fields.crosses.count, numbers: 0, capacity: rows)
            space = RankingWorkspace(network, targets: targets, capacity: rows, withSlopes: false)
        }
    }

    /// Makes the user's part for blocks of up to `rows` items, and says which items of the history count how often.
    func prepare(
        _ memory: Memory, user: Int32, moment: [Int32], history: (Range<Int>, UserHistories)?, at: Int64,
        rows: Int
    ) -> [(item: Int32, count: Float)] {
        let counts = encode(memory, user: user, moment: moment, history: history, at: at)
        // The user's columns are the same for all blocks.
        fillUser(memory, rows: 0..<min(rows, Self.blockRows))
        return counts
    }

    /// Makes the user's part, and says which items of the history count how often, by item.
    func encode(
        _ memory: Memory, user: Int32, moment: [Int32], history: (Range<Int>, UserHistories)?,
        features: EncodedRow? = nil, at: Int64
    ) -> [(item: Int32, count: Float)] {
        let layout = network.layout
        inputs.encode(user: user, isDropped: false, to: memory.user, at: 0) { moment[$0] }
        if let features { replace(features, in: memory.user) }
        var bags = TowerInput.Bags()
        if let (range, histories) = history { inputs.bags.append(range, of: histories, at: at, to: &bags) }
        bags.offsets.withUnsafeBufferPointer { offsets in
            bags.ids.withUnsafeBufferPointer { ids in
                bags.weights.withUnsafeBufferPointer { weights in
                    layout.gatherUsers(
                        parameters, memory.user, first: 0, rows: 1,
                        bags: history.map { _ in
                            BagPointers(
                                offsets: offsets.baseAddress!, ids: ids.baseAddress, weights: weights.baseAddress)
                        }, x: memory.userX.pointer, stride: layout.userWidth, side: memory.userSide.pointer,
                        sideStride: layout.userSideWidth)
                }
            }
        }
        if let stem = network.stem {
            memory.userStem.pointer.update(from: parameters[stem.bias].pointer, count: stem.output)
            sgemm(
                m: 1, n: stem.output, k: layout.userWidth, a: memory.userX.pointer, strideA: layout.userWidth,
                b: parameters[stem.weight].pointer, strideB: stem.output, beta: 1, c: memory.userStem.pointer,
                strideC: stem.output, threads: 1)
        }
        guard inputs.usesRepeats, history != nil else { return [] }
        return PairNumbers.counts(
            bags.ids[...], bags.weights[...], total: bags.totals[0], unknown: inputs.items.unknown)
    }

    /// Puts encoded features in the place of the dataset's in the row of a user; what they do not hold, or hold a code
    /// past its table for, stays as it is.
    private func replace(_ features: EncodedRow, in row: EncodedRows) {
        let first = inputs.users.hasID ? 1 : 0
        for (place, feature) in shape.inputs.userFeatures.enumerated() {
            if let code = features.code(feature.name), code >= 0, Int(code) < feature.cardinality {
                row.codes[first + place][0] = code
            }
        }
        for (place, name) in shape.inputs.userNumbers.enumerated() {
            if let number = features.number(name), number.isFinite { row.numbers.pointer[place] = number }
        }
    }

    /// Copies the user's columns into rows of a block.
    func fillUser(_ memory: Memory, rows: Range<Int>) {
        let (layout, space) = (network.layout, memory.space)
        for row in rows {
            if network.readsInput {
                (space.x.pointer + row * layout.width).update(from: memory.userX.pointer, count: layout.userWidth)
            }
            (space.side.pointer + row * layout.sideWidth).update(
                from: memory.userSide.pointer, count: layout.userSideWidth)
        }
    }

    /// Fills the logits of the items `range`, at most a block of them.
    ///
    /// - Parameter repeats: the history's items with their counts, by item.
    func run(_ memory: Memory, items range: Range<Int>, repeats: ArraySlice<(item: Int32, count: Float)>) {
        let (layout, space, rows) = (network.layout, memory.space, range.count)
        let itemSideWidth = layout.itemSideWidth
        for row in 0..<rows {
            let item = range.lowerBound + row
            if network.readsInput {
                (space.x.pointer + row * layout.width + layout.userWidth).update(
                    from: itemX.pointer + item * layout.itemWidth, count: layout.itemWidth)
            }
            (space.side.pointer + row * layout.sideWidth + layout.userSideWidth).update(
                from: itemSide.pointer + item * itemSideWidth, count: itemSideWidth)
        }
        if !layout.crossSide.isEmpty {
            for row in 0..<rows {
                for (place, cross) in inputs.fields.crosses.enumerated() {
                    memory.crosses.codes[place][row] = inputs.fields.row(
                        cross, memory.user.codes[cross.user][0], itemRows.codes[cross.item][range.lowerBound + row])
                }
            }
            layout.gatherCrosses(
                parameters, memory.crosses, first: 0, rows: rows, side: space.side.pointer,
                sideStride: layout.sideWidth)
        }
        if let stem = network.stem {
            let width = stem.output
            space.stem.pointer.update(from: itemStem.pointer + range.lowerBound * width, count: rows * width)
            martlet_bias_relu(space.stem.pointer, rows, width, memory.userStem.pointer, 0)
        }
        for entry in repeats { addPair(memory, row: Int(entry.item) - range.lowerBound, count: entry.count) }
        network.forward(parameters, space, rows: rows)
    }

    /// Puts the pair's numbers into a row, and their share into its stem.
    func addPair(_ memory: Memory, row: Int, count: Float) {
        let (layout, space) = (network.layout, memory.space)
        let numbers = PairNumbers.numbers(count: count)
        for (place, number) in [numbers.0, numbers.1].enumerated() {
            if network.readsInput { space.x.pointer[row * layout.width + layout.pairColumn + place] = number }
            guard let stem = network.stem else { continue }
            martlet_axpy(
                number, parameters[stem.weight].pointer + (layout.pairColumn + place) * stem.output,
                space.stem.pointer + row * stem.output, stem.output)
        }
    }
}

extension NegativeSampler {
    /// log(n · q_i) of each trained item, then of one that was never taken.
    ///
    /// A logit learned against `negatives` draws from q estimates log(p_i / (n · q_i)), p_i the probability that it is
    /// item i that the user takes next; with this added it is log p_i.
    func correction(negatives: Int) -> [Float] { logShares.map { $0 + Calibration.logarithm(Double(negatives)) } }
}
