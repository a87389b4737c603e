import Core
import Pipeline

/// The item tower: items in, their vectors out.
struct ItemVectorModel: InferenceModel {
    let specification: ModelSpecification
    private let pipeline: RecommendationPipeline
    private let ids: ItemIDs
    private let width: Int

    init(_ name: String, kind: String, _ pipeline: RecommendationPipeline, width: Int, ids: ItemIDs) {
        self.pipeline = pipeline
        self.ids = ids
        self.width = width
        specification = ModelSpecification(
            name: name, version: String(pipeline.bundle.version), platform: "martlet_\(kind)",
            inputs: [TensorSpecification("item_id", ids.type, [1], accepted: ItemIDs.accepted)],
            outputs: [TensorSpecification("vector", .fp32, [width])], maxBatch: 1024)
    }

    func infer(_ inputs: InferenceInputs) throws -> InferenceResult {
        let items = try ids.places(try inputs.ids("item_id"), input: "item_id")
        do {
            let vectors = try pipeline.itemVectors(items)
            return InferenceResult(
                outputs: [InferenceTensor("vector", .fp32, [inputs.rows, width], .floats(vectors))])
        } catch let error as MartletError where error.code == .notFound {
            throw InferenceFault(.invalid, "input 'item_id': \(error.message)", hint: error.hint)
        }
    }
}
