import CKernels
import Core
import Tensor

/// One tower: embeddings of ids and features, then an MLP, or their plain sum where there is no MLP.
///
/// With layers, x is the concatenation of all embeddings, the continuous features and the pooled history, and the
/// output is the MLP's. Without, every embedding is as wide as the output and the output is their sum, the continuous
/// features times a matrix added: matrix factorisation with side features. The output may be divided by its length.
package struct Tower: Sendable {
    /// A table that rows are looked up in.
    package struct Lookup: Sendable {
        /// The feature's name.
        package var name: String
        /// Where the table stands among the parameters.
        package var table: Int
        /// Where its columns begin in x.
        package var column: Int
        /// How wide its rows are.
        package var width: Int
    }

    /// The categorical inputs.
    package private(set) var lookups: [Lookup] = []
    /// The pooled history.
    package private(set) var history: Lookup?
    /// Whether the history's table is the other tower's.
    package private(set) var sharesHistory = false
    /// How many continuous inputs there are.
    package let continuousCount: Int
    /// Where they begin in x.
    package let continuousColumn: Int
    /// Without an MLP: what the continuous inputs are multiplied with, `C × out`.
    package let projection: Int?
    /// The layers of the MLP; empty: the tower is a sum.
    package private(set) var layers: [DenseLayer] = []
    /// The width of x.
    package let inputWidth: Int
    /// The width of the output.
    package let outputWidth: Int
    /// Whether outputs are divided by their lengths.
    package let isNormalized: Bool

    /// Whether the tower is a sum of embeddings.
    package var isSum: Bool { layers.isEmpty }

    /// Adds the tower's parameters.
    ///
    /// - Parameters:
    ///   - name: `user` or `item`, the beginning of the parameters' names.
    ///   - categorical: each feature's name, cardinality and embedding width.
    ///   - history: how many rows the history's table has and how wide they are, or the place of a table to share.
    ///   - layers: the widths of the MLP's layers; empty for a sum of width `dimension`.
    package init(
        _ name: String, categorical: [(name: String, cardinality: Int, width: Int)], continuousCount: Int,
        history: HistoryTable?, layers widths: [Int], dimension: Int, isNormalized: Bool,
        to parameters: inout Parameters
    ) {
        self.isNormalized = isNormalized
        self.continuousCount = continuousCount
        let isSum = widths.isEmpty
        outputWidth = widths.last ?? dimension
        var column = 0
        for feature in categorical {
            let width = isSum ? dimension : feature.width
            let table = parameters.add(
                "\(name).\(feature.name)", rows: feature.cardinality, columns: width, isTable: true)
            lookups.append(Lookup(name: feature.name, table: table, column: column, width: width))
            if !isSum { column += width }
        }
        switch history {
        case .own(let rows, let width):
            let width = isSum ? dimension : width
            let table = parameters.add("\(name).history", rows: rows, columns: width, isTable: true)
            self.history = Lookup(name: "history", table: table, column: column, width: width)
            if !isSum { column += width }
        case .shared(let table):
            sharesHistory = true
            let width = parameters[table].columns
            self.history = Lookup(name: "history", table: table, column: column, width: width)
            if !isSum { column += width }
        case nil: break
        }
        continuousColumn = column
        inputWidth = isSum ? dimension : column + continuousCount
        projection =
            isSum && continuousCount > 0
            ? parameters.add("\(name).continuous", rows: continuousCount, columns: dimension, isTable: false) : nil
        var width = inputWidth
        for (index, next) in widths.enumerated() {
            layers.append(
                DenseLayer(
                    "\(name).layer\(index + 1)", input: width, output: next, isRectified: index < widths.count - 1,
                    to: &parameters))
            width = next
        }
    }

    /// Where the history's embeddings come from.
    package enum HistoryTable: Sendable {
        /// A table of its own.
        case own(rows: Int, width: Int)
        /// The table at this place, which the other tower learns too.
        case shared(Int)
    }

    /// Draws the first values of the tower's parameters.
    package func draw(_ parameters: Parameters, deviation: Double, from random: inout RandomSource) {
        for lookup in lookups { parameters.drawNormal(lookup.table, deviation: deviation, from: &random) }
        if let history, !sharesHistory { parameters.drawNormal(history.table, deviation: deviation, from: &random) }
        if let projection { parameters.drawNormal(projection, deviation: deviation, from: &random) }
        for layer in layers { parameters.drawHe(layer.weight, from: &random) }
    }
}

// MARK: - Forward and backward

extension Tower {
    /// The same tower, its layers' products made in `precision`.
    package func computing(in precision: Precision) -> Tower {
        var tower = self
        for index in layers.indices { tower.layers[index].precision = precision }
        return tower
    }

    /// Fills the output for `rows` of the batch; one thread.
    package func forward(
        _ parameters: Parameters, _ input: TowerInput, _ workspace: TowerWorkspace, rows: Range<Int>,
        dropout: (share: Float, seed: UInt64)? = nil
    ) {
        guard !rows.isEmpty else { return }
        let x = workspace.activations[0].pointer + rows.lowerBound * inputWidth
        if isSum { x.update(repeating: 0, count: rows.count * inputWidth) }
        let add: Int32 = isSum ? 1 : 0
        for (lookup, codes) in zip(lookups, input.codes) {
            codes.withUnsafeBufferPointer {
                martlet_gather(
                    parameters[lookup.table].pointer, lookup.width, $0.baseAddress! + rows.lowerBound, rows.count, add,
                    x + lookup.column, inputWidth)
            }
        }
        if let history, let bags = input.history {
            bags.offsets.withUnsafeBufferPointer { offsets in
                // An empty array has no address, and then nothing is read from it.
                bags.ids.withUnsafeBufferPointer { ids in
                    bags.weights.withUnsafeBufferPointer { weights in
                        martlet_pool(
                            parameters[history.table].pointer, history.width, offsets.baseAddress! + rows.lowerBound,
                            ids.baseAddress, weights.baseAddress, rows.count, add, x + history.column, inputWidth)
                    }
                }
            }
        }
        if continuousCount > 0 { addContinuous(parameters, input, x, rows: rows) }
        if let dropout {
            martlet_dropout(
                x, rows.count * inputWidth, dropout.seed, UInt64(rows.lowerBound * inputWidth), dropout.share)
        }
        for (index, layer) in layers.enumerated() {
            layer.forward(
                parameters, x: workspace.activations[index], y: workspace.activations[index + 1], rows: rows)
        }
        if isNormalized {
            martlet_normalize(
                workspace.output.pointer + rows.lowerBound * outputWidth, rows.count, outputWidth,
                workspace.inverseNorms.pointer + rows.lowerBound)
        }
    }

    private func addContinuous(
        _ parameters: Parameters, _ input: TowerInput, _ x: UnsafeMutablePointer<Float>, rows: Range<Int>
    ) {
        input.continuous.withUnsafeBufferPointer { values in
            let from = values.baseAddress! + rows.lowerBound * continuousCount
            if let projection {
                sgemm(
                    m: rows.count, n: inputWidth, k: continuousCount, a: from, strideA: continuousCount,
                    b: parameters[projection].pointer, strideB: inputWidth, beta: 1, c: x, strideC: inputWidth,
                    threads: 1)
            } else {
                for row in 0..<rows.count {
                    (x + row * inputWidth + continuousColumn).update(
                        from: from + row * continuousCount, count: continuousCount)
                }
            }
        }
    }

    /// Turns ∂L/∂output (in the workspace's last gradient) into ∂L/∂x (its first) for `rows`, and adds this piece's
    /// gradients of the dense parameters; one thread.
    package func backward(
        _ parameters: Parameters, _ input: TowerInput, _ workspace: TowerWorkspace, gradients: DenseGradients,
        rows: Range<Int>, dropout: (share: Float, seed: UInt64)? = nil
    ) {
        guard !rows.isEmpty else { return }
        if isNormalized {
            martlet_normalize_backward(
                workspace.outputGradient.pointer + rows.lowerBound * outputWidth,
                workspace.output.pointer + rows.lowerBound * outputWidth,
                workspace.inverseNorms.pointer + rows.lowerBound, rows.count, outputWidth)
        }
        for (index, layer) in layers.enumerated().reversed() {
            // The normalised output overwrote the last layer's, which is not rectified and so not needed.
            layer.backward(
                parameters, x: workspace.activations[index], y: workspace.activations[index + 1],
                dy: workspace.gradients[index + 1], dx: workspace.gradients[index], gradients: gradients, rows: rows)
        }
        let slope = workspace.gradients[0].pointer + rows.lowerBound * inputWidth
        if let dropout {
            martlet_dropout(
                slope, rows.count * inputWidth, dropout.seed, UInt64(rows.lowerBound * inputWidth), dropout.share)
        }
        if let projection {
            input.continuous.withUnsafeBufferPointer { values in
                sgemm(
                    transposeA: true, m: continuousCount, n: inputWidth, k: rows.count,
                    a: values.baseAddress! + rows.lowerBound * continuousCount, strideA: continuousCount, b: slope,
                    strideB: inputWidth, beta: 1, c: gradients[projection].pointer, strideC: inputWidth, threads: 1)
            }
        }
    }

    /// What the tables of this tower are owed after ``backward(_:_:_:gradients:rows:dropout:)``.
    package func uses(_ input: TowerInput, _ workspace: TowerWorkspace) -> [TableUse] {
        var uses = zip(lookups, input.codes).map { lookup, codes in
            TableUse(
                table: lookup.table, offsets: nil, ids: codes, weights: nil, gradient: workspace.gradients[0],
                column: lookup.column, width: lookup.width)
        }
        if let history, let bags = input.history {
            uses.append(
                TableUse(
                    table: history.table, offsets: bags.offsets, ids: bags.ids, weights: bags.weights,
                    gradient: workspace.gradients[0], column: history.column, width: history.width))
        }
        return uses
    }
}
