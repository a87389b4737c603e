import Core
import Tensor

/// How much each item of a history speaks for each other item: a sparse `N × N` matrix, B.
///
/// score(i) = Σ_{j ∈ history} weight(j) · B(j, i)
struct ItemWeights: HistoryScorer {
    /// Row `j`: the items that item `j` speaks for or against.
    let rows: SparseRows

    var itemCount: Int { rows.columns }

    init(_ rows: SparseRows) {
        precondition(rows.rows == rows.columns, "an item a row, an item a column")
        self.rows = rows
    }

    func add(_ histories: SparseRows, rows wanted: Range<Int>, to scores: UnsafeMutablePointer<Float>) {
        guard let values = rows.values else { return }
        rows.indices.withUnsafeBufferPointer { targets in
            values.withUnsafeBufferPointer { weights in
                for row in wanted {
                    let line = scores + (row - wanted.lowerBound) * itemCount
                    for entry in histories.range(row) {
                        let weight = histories.values?[entry] ?? 1
                        for place in rows.range(Int(histories.indices[entry])) {
                            line[Int(targets[place])] += weight * weights[place]
                        }
                    }
                }
            }
        }
    }
}

extension ItemWeights {
    /// The weights as tensors: `weights.offsets`, `weights.items` and `weights.values`.
    var tensors: [StoredTensor] {
        [
            StoredTensor("weights.offsets", shape: [rows.offsets.count], .int64(rows.offsets.map { Int64($0) })),
            StoredTensor("weights.items", shape: [rows.count], .int32(rows.indices)),
            StoredTensor("weights.values", shape: [rows.count], .float(rows.values ?? [])),
        ]
    }

    /// Reads the weights of a saved model of `itemCount` items.
    ///
    /// - Throws: `corrupted` if they are missing or point outside the catalogue.
    init(_ file: SafetensorsFile, itemCount: Int) throws {
        let offsets = try file.longIntegers("weights.offsets").map { Int($0) }
        let items = try file.integers("weights.items")
        let values = try file.floats("weights.values", shape: [items.count])
        guard offsets.count == itemCount + 1 else {
            throw MartletError(.corrupted, "the weights are of \(offsets.count - 1) items, the model of \(itemCount)")
        }
        self.init(try SparseRows(stored: offsets, items, values, columns: itemCount, what: "the weights"))
    }
}

extension SparseRows {
    /// A matrix from parts that a file held.
    ///
    /// - Throws: `corrupted` if the parts don't fit one another.
    init(stored offsets: [Int], _ indices: [Int32], _ values: [Float]?, columns: Int, what: String) throws {
        guard offsets.first == 0, offsets.last == indices.count,
            zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }),
            indices.allSatisfy({ $0 >= 0 && Int($0) < columns })
        else {
            throw MartletError(
                .corrupted, "\(what) of the saved model point outside the catalogue", hint: "train the model again")
        }
        self.init(columns: columns, offsets: offsets, indices: indices, values: values)
    }
}

extension HistoryRanking<ItemWeights> {
    /// Writes a model that consists of weights, and the popularity that fills lists up.
    ///
    /// - Throws: `system` or `outOfSpace` if the folder cannot be written.
    func save(to folder: String, kind: String, hyperparameters: JSONValue) throws {
        try ModelFolder(folder).write(
            kind: kind, hyperparameters: hyperparameters, schema: shape.json,
            tensors: scorer.tensors + [StoredTensor("popularity", shape: [popularity.count], .float(popularity))])
    }

    /// Reads what ``save(to:kind:hyperparameters:)`` wrote.
    ///
    /// - Throws: `corrupted` if a tensor is missing or does not fit the others.
    init(_ file: SafetensorsFile, recency: Double) throws {
        let popularity = try file.floats("popularity", shape: [nil])
        self.init(
            try ItemWeights(file, itemCount: popularity.count), popularity: popularity,
            shape: try DatasetShape(json: file.json("schema")), recency: Float(recency))
    }
}
