import Pipeline

/// The whole pipeline as a model: users in, items and their scores out, the best first.
///
/// Requests share batches with those of `POST /v1/recommendations` and get the same answers.
struct PipelineInferenceModel: InferenceModel {
    /// The names of its tensors.
    struct Names: Sendable {
        var user = "user_id"
        var items = "item_ids"
        var scores = "scores"

        /// The names that the multi-stage system of NVIDIA Merlin's examples answers by.
        static let ordered = Names(user: "user_id_raw", items: "ordered_ids", scores: "ordered_scores")
    }

    let specification: ModelSpecification
    private let served: ServedPipeline
    private let ids: ItemIDs
    private let names: Names
    private let mostItems: Int
    private let noteAnswer: @Sendable (PipelineAnswer) -> Void

    /// - Parameter noteAnswer: counts an answer.
    init(
        _ name: String, _ served: ServedPipeline, ids: ItemIDs, names: Names, userType: TensorType, mostItems: Int,
        noteAnswer: @escaping @Sendable (PipelineAnswer) -> Void
    ) {
        self.served = served
        self.ids = ids
        self.names = names
        self.mostItems = mostItems
        self.noteAnswer = noteAnswer
        let configuration = served.pipeline.configuration
        specification = ModelSpecification(
            name: name, version: String(served.pipeline.bundle.version), platform: "martlet_pipeline",
            inputs: [
                TensorSpecification(names.user, userType, [1], accepted: ItemIDs.accepted),
                TensorSpecification("k", .int32, [1], accepted: TensorType.integers, isOptional: true),
            ],
            outputs: [
                TensorSpecification(names.items, ids.type, [-1]), TensorSpecification(names.scores, .fp32, [-1]),
                TensorSpecification("count", .int32, [1]),
            ], maxBatch: configuration.batch)
    }

    func infer(_ inputs: InferenceInputs) async throws -> InferenceResult {
        let users = try inputs.ids(names.user)
        let lengths = try inputs.numbers(
            "k", in: 1...mostItems, hint: "this server answers with at most \(mostItems) items (serve.limits.items)")
        let standard = min(served.pipeline.configuration.k, mostItems)
        let requests = users.indices.map { row in
            var request = PipelineRequest(user: users[row], k: lengths?[row] ?? standard)
            request.seed = .random(in: 0 ... .max)
            return request
        }
        let answers = await answers(to: requests)
        answers.forEach(noteAnswer)
        return InferenceResult(
            outputs: tensors(answers),
            computeNanoseconds: Int(
                (answers.map { $0.stages.reduce(0) { $0 + $1.seconds } }.max() ?? 0) * 1e9))
    }

    /// Rows that are shorter than the longest end with no items, of a score of 0.
    private func tensors(_ answers: [PipelineAnswer]) -> [InferenceTensor] {
        let longest = answers.map(\.items.count).max() ?? 0
        var items: [Int32] = []
        var scores: [Float] = []
        for answer in answers {
            let pads = longest - answer.items.count
            items += answer.items.map(\.index) + [Int32](repeating: -1, count: pads)
            scores += answer.items.map(\.score) + [Float](repeating: 0, count: pads)
        }
        let shape = [answers.count, longest]
        return [
            ids.tensor(names.items, shape, items), InferenceTensor(names.scores, .fp32, shape, .floats(scores)),
            InferenceTensor(
                "count", .int32, [answers.count, 1], .integers(answers.map { Int64($0.items.count) })),
        ]
    }

    private func answers(to requests: [PipelineRequest]) async -> [PipelineAnswer] {
        let wall = Int64(UniversalTime.now().seconds)
        let variants = served.variants
        if requests.count == 1 { return [await variants.answer(requests[0], wall: wall).answer] }
        return await withTaskGroup(of: (row: Int, answer: PipelineAnswer).self) { group in
            for (row, request) in requests.enumerated() {
                group.addTask { (row, await variants.answer(request, wall: wall).answer) }
            }
            var answers = [PipelineAnswer?](repeating: nil, count: requests.count)
            for await (row, answer) in group { answers[row] = answer }
            return answers.map { $0! }
        }
    }
}
