import Core

extension TwoTowerModel: ONNXExportable {
    /// Two graphs, `query-tower` and `item-tower`. The inner product of their `vector`s, `batch × (D + 1)`, is the score
    /// but for what a repeat adds.
    ///
    /// Inputs are codes `user.FEATURE`, `item.FEATURE` (the row after the last trained one is the unknown one's), reals
    /// `user.numbers`, `item.numbers`, and `history.items` with `history.weights`, which sum to 1 in each row; pads
    /// weigh 0.
    public func onnx() throws -> [ONNXExport] {
        guard let network, let shape else { throw notFitted(Self.kind) }
        let metadata = [
            "kind": Self.kind, "hyperparameters": hyperparameters.description, "schema": shape.json.description,
        ]
        return try [false, true].map { isItem in
            var graph = ONNXGraph(isItem ? "item-tower" : "query-tower")
            let tower = isItem ? network.itemTower : network.userTower
            let (vector, first) = tower.graph(isItem ? "item" : "user", network.parameters, &graph)
            let last: String
            if isItem {
                last =
                    network.itemBias.map { graph.gather($0, network.parameters, first) }
                    ?? graph.add("Mul", [graph.rowSum(vector), graph.real(0)])
            } else {
                last = graph.add("Add", [graph.add("Mul", [graph.rowSum(vector), graph.real(0)]), graph.real(1)])
            }
            let scaled = isItem ? graph.add("Mul", [vector, graph.real(network.scale)]) : vector
            graph.output(
                graph.concatenate([scaled, last]), as: "vector", [.any("batch"), .fixed(network.vectorWidth)])
            return ONNXExport(
                role: isItem ? "item-tower" : "query-tower", bytes: try graph.bytes(metadata: metadata))
        }
    }
}

extension Tower {
    /// The tower's output, and the name of its first input.
    func graph(_ name: String, _ parameters: Parameters, _ graph: inout ONNXGraph) -> (vector: String, first: String) {
        let codes = lookups.map { graph.input("\(name).\($0.name)", .int64, [.any("batch")]) }
        var pieces = zip(lookups, codes).map { graph.gather($0.table, parameters, $1) }
        if let history {
            let shape: [ONNXGraph.Dimension] = [.any("batch"), .any("length")]
            let ids = graph.input("history.items", .int64, shape)
            let weights = graph.input("history.weights", .float, shape)
            pieces.append(graph.pool(history.table, parameters, ids, weights))
        }
        if continuousCount > 0 {
            let numbers = graph.input("\(name).numbers", .float, [.any("batch"), .fixed(continuousCount)])
            if let projection {
                let entry = parameters.entries[projection]
                pieces.append(graph.add("MatMul", [numbers, graph.constant(entry.name, entry.matrix)]))
            } else {
                pieces.append(numbers)
            }
        }
        var vector = isSum ? graph.sum(pieces) : graph.concatenate(pieces)
        for layer in layers { vector = graph.dense(layer, parameters, vector) }
        if isNormalized {
            let square = graph.add("Add", [graph.rowSum(graph.add("Mul", [vector, vector])), graph.real(1e-12)])
            vector = graph.add("Div", [vector, graph.add("Sqrt", [square])])
        }
        return (vector, codes.first ?? "")
    }
}
