import Pipeline

/// The index: vectors in, the items of the largest inner products out, the best first.
struct ItemSearchModel: InferenceModel {
    let specification: ModelSpecification
    private let pipeline: RecommendationPipeline
    private let ids: ItemIDs
    private let width: Int
    private let (standard, mostItems): (Int, Int)

    /// - Parameters:
    ///   - standard: how many items a row has if the request does not say.
    ///   - mostItems: how many a request may ask for.
    init(_ name: String, _ pipeline: RecommendationPipeline, width: Int, ids: ItemIDs, standard: Int, mostItems: Int) {
        self.pipeline = pipeline
        self.ids = ids
        self.width = width
        (self.standard, self.mostItems) = (standard, mostItems)
        specification = ModelSpecification(
            name: name, version: String(pipeline.bundle.version), platform: "martlet_index",
            inputs: [
                TensorSpecification("vector", .fp32, [width]),
                TensorSpecification("k", .int32, [1], accepted: TensorType.integers, isOptional: true),
            ],
            outputs: [
                TensorSpecification("item_ids", ids.type, [-1]), TensorSpecification("scores", .fp32, [-1]),
            ], maxBatch: 1024)
    }

    func infer(_ inputs: InferenceInputs) throws -> InferenceResult {
        let queries = try inputs.required("vector").floats()
        let lengths = try inputs.numbers(
            "k", in: 1...mostItems, hint: "this server answers with at most \(mostItems) items (serve.limits.items)")
        var (items, scores) = try pipeline.nearestItems(queries, rows: inputs.rows, k: lengths?.max() ?? standard)
        let shape = [inputs.rows, items.count / inputs.rows]
        for place in items.indices {
            let (row, rank) = place.quotientAndRemainder(dividingBy: shape[1])
            guard items[place] < 0 || rank >= lengths?[row] ?? .max else { continue }
            (items[place], scores[place]) = (-1, 0)
        }
        return InferenceResult(
            outputs: [
                ids.tensor("item_ids", shape, items), InferenceTensor("scores", .fp32, shape, .floats(scores)),
            ])
    }
}
