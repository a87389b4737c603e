import Pipeline

/// The query tower: users in, their vectors out.
struct UserVectorModel: InferenceModel {
    let specification: ModelSpecification
    private let pipeline: RecommendationPipeline
    private let width: Int

    init(_ name: String, kind: String, _ pipeline: RecommendationPipeline, width: Int, userType: TensorType) {
        self.pipeline = pipeline
        self.width = width
        specification = ModelSpecification(
            name: name, version: String(pipeline.bundle.version), platform: "martlet_\(kind)",
            inputs: [TensorSpecification("user_id", userType, [1], accepted: ItemIDs.accepted)],
            outputs: [TensorSpecification("vector", .fp32, [width])], maxBatch: 1024)
    }

    func infer(_ inputs: InferenceInputs) async throws -> InferenceResult {
        let vectors = try await pipeline.userVectors(
            try inputs.ids("user_id"), wall: Int64(UniversalTime.now().seconds))
        return InferenceResult(
            outputs: [InferenceTensor("vector", .fp32, [inputs.rows, width], .floats(vectors))])
    }
}
