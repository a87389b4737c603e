import Features

/// Inputs of a graph, and what it must answer: for those who feed it elsewhere, to check that they feed it right.
package struct ONNXExample: Sendable {
    /// By the names of the graph's inputs.
    package var inputs: [StoredTensor]
    /// By the names of its outputs.
    package var outputs: [StoredTensor]
}

/// A model that knows examples of its graphs.
package protocol ONNXExamples: ONNXExportable {
    /// Examples by the graphs' roles, for pairs `(users[i], items[i])` at a moment.
    ///
    /// - Throws: `invalidData` if the model was not fitted, or on a dataset of another shape.
    func examples(
        users: [Int32], items: [Int32], at: Int64, data: InteractionDataset
    ) throws -> [String: ONNXExample]
}

extension TowerInput.Bags {
    /// The bags as `history.items` and `history.weights`, all as long as the longest; pads weigh 0.
    func padded(unknown: Int32) -> [StoredTensor] {
        let rows = offsets.count - 1
        let length = max(1, (0..<rows).map { Int(offsets[$0 + 1] - offsets[$0]) }.max() ?? 1)
        var items = [Int64](repeating: Int64(unknown), count: rows * length)
        var shares = [Float](repeating: 0, count: rows * length)
        for row in 0..<rows {
            for (place, entry) in (Int(offsets[row])..<Int(offsets[row + 1])).enumerated() {
                items[row * length + place] = Int64(ids[entry])
                shares[row * length + place] = weights[entry]
            }
        }
        return [
            StoredTensor("history.items", shape: [rows, length], .int64(items)),
            StoredTensor("history.weights", shape: [rows, length], .float(shares)),
        ]
    }
}
