import Pipeline

/// The ranking model: a user and items in, the items' scores out, in the order in which they came.
struct RankingInferenceModel: InferenceModel {
    let specification: ModelSpecification
    private let pipeline: RecommendationPipeline
    private let ids: ItemIDs

    init(_ name: String, kind: String, _ pipeline: RecommendationPipeline, ids: ItemIDs, userType: TensorType) {
        self.pipeline = pipeline
        self.ids = ids
        specification = ModelSpecification(
            name: name, version: String(pipeline.bundle.version), platform: "martlet_\(kind)",
            inputs: [
                TensorSpecification("user_id", userType, [1], accepted: ItemIDs.accepted),
                TensorSpecification("item_ids", ids.type, [-1], accepted: ItemIDs.accepted),
            ],
            outputs: [TensorSpecification("scores", .fp32, [-1])], maxBatch: pipeline.configuration.batch)
    }

    func infer(_ inputs: InferenceInputs) async throws -> InferenceResult {
        let users = try inputs.ids("user_id")
        let tensor = inputs.required("item_ids")
        let items = try ids.places(try inputs.ids("item_ids"), input: "item_ids")
        let width = tensor.shape[1]
        let scores =
            width == 0
            ? []
            : try await pipeline.scores(
                of: users.indices.map { Array(items[$0 * width..<($0 + 1) * width]) }, for: users,
                wall: Int64(UniversalTime.now().seconds))
        return InferenceResult(
            outputs: [InferenceTensor("scores", .fp32, [inputs.rows, width], .floats(scores))])
    }
}
