import Tensor

extension ONNXGraph {
    /// x · W + b, then max(0, ·) if the layer is rectified.
    mutating func dense(_ layer: DenseLayer, _ parameters: Parameters, _ x: String) -> String {
        let (weight, bias) = (parameters.entries[layer.weight], parameters.entries[layer.bias])
        let names = [
            constant(weight.name, weight.matrix),
            constant(bias.name, shape: [layer.output], Array(bias.matrix.values)),
        ]
        let product = add("Gemm", [x] + names)
        return layer.isRectified ? relu(product) : product
    }

    /// All layers, one after the other.
    mutating func hidden(_ layers: HiddenLayers, _ parameters: Parameters, _ x: String) -> String {
        layers.layers.reduce(x) { dense($1, parameters, $0) }
    }

    mutating func relu(_ x: String) -> String { add("Relu", [x]) }

    /// The pieces side by side; one piece is itself.
    mutating func concatenate(_ pieces: [String]) -> String {
        pieces.count == 1 ? pieces[0] : add("Concat", pieces, ["axis": .integer(1)])
    }

    /// The sum of values of one shape; one value is itself.
    mutating func sum(_ values: [String]) -> String { values.count == 1 ? values[0] : add("Sum", values) }

    /// Columns `range` of a matrix.
    mutating func columns(_ x: String, _ range: Range<Int>) -> String {
        let bounds = [
            constant("int_\(range.lowerBound)", [Int64(range.lowerBound)]),
            constant("int_\(range.upperBound)", [Int64(range.upperBound)]), constant("int_1", [1]),
        ]
        return add("Slice", [x] + bounds)
    }

    /// Rows of a table, by codes `B`: `B × D`.
    mutating func gather(_ table: Int, _ parameters: Parameters, _ codes: String) -> String {
        let entry = parameters.entries[table]
        return add("Gather", [constant(entry.name, entry.matrix), codes], ["axis": .integer(0)])
    }

    /// Weighted sums of rows of a table, by codes `B × L` and weights `B × L`: `B × D`.
    mutating func pool(_ table: Int, _ parameters: Parameters, _ codes: String, _ weights: String) -> String {
        let rows = gather(table, parameters, codes)
        let last = add("Unsqueeze", [weights, constant("int_2", [2])])
        return add(
            "ReduceSum", [add("Mul", [rows, last]), constant("int_1", [1])], ["keepdims": .integer(0)])
    }

    /// The sum of each row, `B × 1`.
    mutating func rowSum(_ x: String) -> String {
        add("ReduceSum", [x, constant("int_1", [1])], ["keepdims": .integer(1)])
    }

    /// One real as a value.
    mutating func real(_ value: Float) -> String { constant("real_\(value)", shape: [1], [value]) }
}
