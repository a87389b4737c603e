/// The pipelines of one bundle: the one that answers users in no experiment, and those of the variants.
///
/// All share the bundle; each puts requests that come together into batches of its own.
public struct VariantPipelines: Sendable {
    /// What a user's request was answered with.
    public struct Answer: Sendable {
        /// The answer; its variants are named in it.
        public var answer: PipelineAnswer
        /// The pipelines to be computed beside it.
        public var shadows: [Shadow]
    }

    /// A pipeline whose answers nobody sees.
    public struct Shadow: Sendable {
        /// The experiment and its variant.
        public let name: VariantName
        let batcher: RequestBatcher
        let temperature: Double?

        /// Answers the request that `shown` answered, and compares.
        ///
        /// - Parameter wall: the moment, in seconds since 1970.
        public func compare(_ request: PipelineRequest, with shown: PipelineAnswer, wall: Int64) async -> ShadowAnswer {
            var request = request
            request.keepsOrder = true
            request.explains = false
            request.item = nil
            let start = ContinuousClock.now
            let answer = await batcher.answer(request, wall: wall)
            let elapsed = (ContinuousClock.now - start).components
            return ShadowAnswer(
                name: name, answer: answer, shown: shown,
                seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18, temperature: temperature)
        }
    }

    /// The pipeline of users in no experiment.
    public let pipeline: RecommendationPipeline
    private let plan: ExperimentPlan
    /// Answers as the pipeline itself does, whatever variants a user is in.
    package let batcher: RequestBatcher
    private let variants: [[UInt8]: RequestBatcher]
    private let shadows: [Int: Shadow]

    /// Makes the variants' pipelines of the same parts as `pipeline`.
    public init(_ pipeline: RecommendationPipeline) {
        self.pipeline = pipeline
        plan = pipeline.configuration.plan
        batcher = RequestBatcher(pipeline)
        variants = plan.configurations.mapValues { RequestBatcher(pipeline.varied($0)) }
        let plan = plan
        shadows = plan.shadows.reduce(into: [:]) { shadows, entry in
            let experiment = plan.experiments[entry.key]
            shadows[entry.key] = Shadow(
                name: VariantName(experiment: experiment.name, variant: experiment.variants[0].name),
                batcher: RequestBatcher(pipeline.varied(entry.value)), temperature: entry.value.temperature)
        }
    }

    /// How many items an answer to `user` has if the request does not say.
    public func length(for user: String) -> Int {
        let key = key(plan.assignment(of: user))
        return plan.configurations[key]?.k ?? pipeline.configuration.k
    }

    /// Answers a request by the variants that its user is in.
    ///
    /// - Parameter wall: the moment, in seconds since 1970.
    public func answer(_ request: PipelineRequest, wall: Int64) async -> Answer {
        guard !plan.experiments.isEmpty else {
            return Answer(answer: await batcher.answer(request, wall: wall), shadows: [])
        }
        let assignment = plan.assignment(of: request.user)
        let key = key(assignment)
        var answer: PipelineAnswer
        if let place = plan.experiments.indices.first(where: { plan.experiments[$0].kind == .interleave && key[$0] > 0 }
        ) {
            answer = await interleaved(request, key, at: place, wall: wall)
        } else {
            answer = await (variants[key] ?? batcher).answer(request, wall: wall)
        }
        var found: [Shadow] = []
        for (place, experiment) in plan.experiments.enumerated() {
            guard let variant = assignment.variant(at: place) else { continue }
            switch experiment.kind {
            case .shadow: if let shadow = shadows[place] { found.append(shadow) }
            case .split:
                answer.variants.append(
                    VariantName(experiment: experiment.name, variant: experiment.variants[variant].name))
            case .interleave:
                answer.variants.append(
                    VariantName(
                        experiment: experiment.name, variant: experiment.variants.map(\.name).joined(separator: "+")))
            }
        }
        return Answer(answer: answer, shadows: found)
    }

    /// The choices as pipelines are kept by: shadows change no answer.
    private func key(_ assignment: ExperimentAssignment) -> [UInt8] {
        zip(plan.experiments, assignment.choices).map { $0.kind == .shadow ? 0 : $1 }
    }

    /// The answers of both variants of the experiment at `place`, side by side, and one list drafted from them.
    private func interleaved(
        _ request: PipelineRequest, _ key: [UInt8], at place: Int, wall: Int64
    ) async -> PipelineAnswer {
        var keys = [key, key]
        keys[1][place] = 2
        let batchers = keys.map { variants[$0] ?? batcher }
        async let second = batchers[1].answer(request, wall: wall)
        let first = await batchers[0].answer(request, wall: wall)
        let names = plan.experiments[place].variants.map(\.name)
        return PipelineAnswer(
            drafting: [first, await second], names: names, k: request.k ?? first.length, seed: request.seed)
    }
}

extension PipelineAnswer {
    /// One answer drafted from two.
    init(drafting answers: [PipelineAnswer], names: [String], k: Int, seed: UInt64) {
        let drafted = TeamDraft.draft(answers.map { $0.items.map(\.index) }, k: k, seed: seed)
        self = answers[0]
        teams = names
        // The fallback stays last.
        let fallback = sources.last
        sources = sources.dropLast() + answers[1].sources.dropLast().filter { !sources.contains($0) } + [fallback!]
        let all = sources
        let bits = answers.map { answer in
            answer.sources.map { name in UInt32(1) << UInt32(all.firstIndex(of: name)!) }
        }
        items = drafted.map { pick in
            var item = answers[Int(pick.team)].items[pick.place]
            var mapped: UInt32 = 0
            for (source, bit) in bits[Int(pick.team)].enumerated() where item.sources & (1 << UInt32(source)) != 0 {
                mapped |= bit
            }
            item.sources = mapped
            item.team = pick.team
            // The draft mixes two draws: neither's probability is that of the place.
            item.propensity = nil
            return item
        }
        stages += answers[1].stages
        if self.fallback == nil { self.fallback = answers[1].fallback }
        guard explanation != nil else { return }
        let shown = Set(items.map(\.index))
        var told: [Explanation.Item] = []
        for (place, pick) in drafted.enumerated() {
            let explained = answers[Int(pick.team)].explanation?.items ?? []
            guard var item = explained.first(where: { $0.index == items[place].index }) else { continue }
            item.place = place + 1
            told.append(item)
        }
        told += answers[0].explanation?.items.filter { $0.place == nil && !shown.contains($0.index) } ?? []
        explanation?.items = told
    }
}
