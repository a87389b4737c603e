import Tensor

// The networks once more, as ONNX graphs; each returns the name of its logits, `B × T`.

extension LinearTerms {
    /// The linear part of the logits.
    func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> String {
        Self.graph(layer, parameters, inputs, &graph)
    }

    static func graph(
        _ layer: DenseLayer, _ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph
    ) -> String {
        let bias = parameters.entries[layer.bias]
        let constant =
            inputs.numbers.map { graph.dense(layer, parameters, $0) }
            ?? graph.constant(bias.name, shape: [1, 1], Array(bias.matrix.values))
        return graph.add("Add", [graph.sum(inputs.side), constant])
    }
}

extension LogisticRegression {
    package func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> String {
        LinearTerms.graph(stem!, parameters, inputs, &graph)
    }
}

extension FactorizationTerms {
    /// The second-order part of the logits.
    func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> String {
        var sums = inputs.embeddings
        var squares = inputs.embeddings.map { graph.add("Mul", [$0, $0]) }
        if let vectors, let numbers = inputs.numbers {
            let entry = parameters.entries[vectors]
            let v = graph.constant(entry.name, entry.matrix)
            sums.append(graph.add("MatMul", [numbers, v]))
            squares.append(
                graph.add("MatMul", [graph.add("Mul", [numbers, numbers]), graph.add("Mul", [v, v])]))
        }
        let sum = graph.sum(sums)
        let difference = graph.add("Sub", [graph.add("Mul", [sum, sum]), graph.sum(squares)])
        return graph.add("Mul", [graph.rowSum(difference), graph.real(0.5)])
    }
}

extension DeepPart {
    /// The deep part of the logits.
    func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> String {
        graph.hidden(rest, parameters, graph.relu(graph.dense(stem, parameters, inputs.x!)))
    }
}

extension FactorizationMachine {
    package func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> String {
        graph.sum([linear.graph(parameters, inputs, &graph), pairs.graph(parameters, inputs, &graph)])
    }
}

extension WideDeep {
    package func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> String {
        graph.sum(inputs.side + [deep.graph(parameters, inputs, &graph)])
    }
}

extension DeepFM {
    package func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> String {
        graph.sum([
            linear.graph(parameters, inputs, &graph), pairs.graph(parameters, inputs, &graph),
            deep.graph(parameters, inputs, &graph),
        ])
    }
}

extension DLRM {
    package func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> String {
        let first = bottom.map { graph.hidden($0, parameters, inputs.numbers!) }
        let vectors = (first.map { [$0] } ?? []) + inputs.embeddings
        let axis = graph.constant("int_1", [1])
        let stacked = graph.concatenate(vectors.map { graph.add("Unsqueeze", [$0, axis]) })
        let turned = graph.add("Transpose", [stacked], ["perm": .integers([0, 2, 1])])
        let all = graph.add("Flatten", [graph.add("MatMul", [stacked, turned])], ["axis": .integer(1)])
        let places = vectors.indices.flatMap { i in (0..<i).map { Int64(i * vectors.count + $0) } }
        let pairs = graph.add(
            "Gather", [all, graph.constant("pairs", places)], ["axis": .integer(1)])
        return graph.hidden(top, parameters, graph.concatenate((first.map { [$0] } ?? []) + [pairs]))
    }
}

extension DCNv2 {
    package func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> String {
        var x = inputs.x!
        for (down, up) in cross.products {
            var product = graph.dense(down, parameters, x)
            if let up { product = graph.dense(up, parameters, product) }
            x = graph.add("Add", [graph.add("Mul", [inputs.x!, product]), x])
        }
        return graph.hidden(deep, parameters, x)
    }
}

extension NeuMF {
    package func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> String {
        var deep = graph.relu(graph.dense(stem!, parameters, inputs.x!))
        if let rest { deep = graph.hidden(rest, parameters, deep) }
        let joined = vectorWidth > 0 ? [graph.add("Mul", inputs.side), deep] : [deep]
        return graph.dense(output, parameters, graph.concatenate(joined))
    }
}

extension ExpertLevels {
    /// Each target's mixture.
    func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> [String] {
        let first = graph.dense(stem, parameters, inputs.x!)
        var mixtures: [String] = []
        for groups in levels {
            var products: [String] = []
            for (place, group) in groups.enumerated() {
                products.append(group.layer.map { graph.dense($0, parameters, mixtures[place]) } ?? first)
            }
            let experts = zip(groups, products).map { group, product in
                group.experts.indices.map { expert in
                    let begin = group.column + expert * width
                    return graph.relu(graph.columns(product, begin..<begin + width))
                }
            }
            mixtures = zip(groups, products).map { group, product in
                guard !group.mixed.isEmpty else { return "" }
                let begin = group.column + group.experts.count * width
                let gate = graph.add(
                    "Softmax", [graph.columns(product, begin..<begin + group.mixed.count)], ["axis": .integer(1)])
                return graph.sum(
                    group.mixed.enumerated().map { place, one in
                        graph.add("Mul", [experts[one.group][one.expert], graph.columns(gate, place..<place + 1)])
                    })
            }
        }
        return mixtures
    }
}

extension TargetTowers {
    /// The logits.
    func graph(_ parameters: Parameters, _ mixtures: [String], _ graph: inout ONNXGraph) -> String {
        graph.concatenate(zip(towers, mixtures).map { graph.hidden($0, parameters, $1) })
    }
}

extension MMoE {
    package func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> String {
        towers.graph(parameters, experts.graph(parameters, inputs, &graph), &graph)
    }
}

extension PLE {
    package func graph(_ parameters: Parameters, _ inputs: RankingGraphInputs, _ graph: inout ONNXGraph) -> String {
        towers.graph(parameters, experts.graph(parameters, inputs, &graph), &graph)
    }
}
