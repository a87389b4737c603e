import Core

extension RankingModel: ONNXExportable {
    /// One graph, `ranker`, with the inputs of ``RankingGraphInputs`` and the outputs
    ///
    /// - `logits`, `batch × targets`: the network's own.
    /// - `probabilities`, `batch × targets`: calibrated, that it is this item that the user takes next.
    /// - `score`, `batch × 1`: what lists are ranked by.
    package func onnx() throws -> [ONNXExport] {
        guard let trained else { throw notFitted(Self.kind) }
        let (network, parameters, targets) = (trained.network, trained.parameters, trained.shape.targets)
        var graph = ONNXGraph(Self.kind)
        let inputs = RankingGraphInputs(network.layout, parameters, &graph)
        let logits = network.graph(parameters, inputs, &graph)
        let shape: [ONNXGraph.Dimension] = [.any("batch"), .fixed(targets.count)]
        let table = graph.constant("correction", shape: [trained.correction.count, 1], trained.correction)
        let correction = graph.add("Gather", [table, inputs.itemID], ["axis": .integer(0)])
        let calibrated = trained.calibrations.enumerated().map { target, calibration in
            calibration.graph(graph.columns(logits, target..<target + 1), target: target, &graph)
        }
        let odds = graph.add("Add", [graph.concatenate(calibrated), correction])
        var score = graph.add("Add", [logits, correction])
        if targets.count > 1 {
            // log Σ w · σ(z), by log σ(z) = −log(1 + e^(−z)): probabilities are too small for their logs to be exact.
            let logs = graph.add("Neg", [graph.add("Softplus", [graph.add("Neg", [score])])])
            let weights = targets.map { Calibration.logarithm(settings.targets?.weights[$0] ?? 1) }
            let weighted = graph.add(
                "Add", [logs, graph.constant("target-weights", shape: [1, targets.count], weights)])
            score = graph.add(
                "ReduceLogSumExp", [weighted], ["axes": .integers([1]), "keepdims": .integer(1)])
        }
        graph.output(logits, as: "logits", shape)
        graph.output(graph.add("Sigmoid", [odds]), as: "probabilities", shape)
        graph.output(score, as: "score", [.any("batch"), .fixed(1)])
        let metadata = [
            "kind": Self.kind, "hyperparameters": hyperparameters.description,
            "schema": trained.shape.json.description,
        ]
        return [ONNXExport(role: "ranker", bytes: try graph.bytes(metadata: metadata))]
    }
}

extension Calibration {
    /// The calibrated log-odds of logits, `B × 1`.
    func graph(_ logits: String, target: Int, _ graph: inout ONNXGraph) -> String {
        switch self {
        case .platt(let slope, let offset):
            return graph.add(
                "Add", [graph.add("Mul", [logits, graph.real(Float(slope))]), graph.real(Float(offset))])
        case .isotonic(let knots, let odds):
            guard let first = odds.first else { return logits }
            guard knots.count > 1 else {
                return graph.add("Add", [graph.add("Mul", [logits, graph.real(0)]), graph.real(first)])
            }
            // y₀ + Σ_k slope_k · min(max(z − x_k, 0), x_{k+1} − x_k)
            let widths = zip(knots.dropFirst(), knots).map { $0 - $1 }
            let slopes = zip(zip(odds.dropFirst(), odds).map { $0 - $1 }, widths).map { $0 / $1 }
            func constant(_ name: String, _ values: [Float], _ graph: inout ONNXGraph) -> String {
                graph.constant("calibration.\(target).\(name)", shape: [1, values.count], values)
            }
            let beyond = graph.relu(
                graph.add("Sub", [logits, constant("knots", Array(knots.dropLast()), &graph)]))
            let within = graph.add("Min", [beyond, constant("widths", widths, &graph)])
            let rise = graph.rowSum(graph.add("Mul", [within, constant("slopes", slopes, &graph)]))
            return graph.add("Add", [rise, graph.real(first)])
        }
    }
}
