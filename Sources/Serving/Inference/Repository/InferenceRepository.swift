import Core
import Logging
import Pipeline
import Synchronization

/// The models of the version that is live, and the answers to requests for them: what the Open Inference Protocol says,
/// whichever way it is spoken.
package final class InferenceRepository: Sendable {
    private let pipelines: ServedPipelines?
    private let configuration: ServingConfiguration
    private let state: ServerState
    private let events: EventResponder
    private let logger: Logger
    private let held = Mutex<InferenceModels?>(nil)

    /// The name, version and extensions that the server tells of itself.
    package static let serverName = "martlet"
    package static let serverVersion = BuildInformation.version
    package static let extensions = ["binary_tensor_data", "model_configuration", "statistics"]

    init(
        pipelines: ServedPipelines?, configuration: ServingConfiguration, state: ServerState, events: EventResponder,
        logger: Logger
    ) {
        self.pipelines = pipelines
        self.configuration = configuration
        self.state = state
        self.events = events
        self.logger = logger
    }

    /// Whether requests for models are answered now.
    package var isReady: Bool { !state.isStopping && pipelines?.current != nil }

    /// The models of the live version. A request takes them once and stays with them.
    ///
    /// - Throws: an `unavailable` fault while there are none, `notFound` in a project without a pipeline.
    func models() throws(InferenceFault) -> InferenceModels {
        guard let pipelines else {
            throw InferenceFault(
                .notFound, "this server answers from lists alone and offers no model",
                hint: "add 'pipeline: {}' to martlet.yml and publish")
        }
        guard let served = pipelines.current else {
            throw InferenceFault(
                .unavailable,
                pipelines.failure.map { "the published bundle cannot be loaded: \($0)" }
                    ?? "no bundle of a pipeline has been loaded yet", hint: "publish one: martlet publish")
        }
        if let models = held.withLock({ $0 }), models.served === served { return models }
        let (pipelineMetrics, events) = (pipelines.metrics, events)
        let made = try InferenceModels(
            served, configuration: configuration.inference, limits: configuration.limits
        ) { answer in
            pipelineMetrics.record(answer)
            events.countRecommendation(to: answer.user)
        }
        return held.withLock { held in
            // Another request may have been quicker; the counts are in its models then.
            if let models = held, models.served === served { return models }
            held = made
            return made
        }
    }

    /// The names of all models; empty while there are none.
    package var names: [(name: String, version: String)] {
        guard let models = try? models() else { return [] }
        return models.names.map { ($0, models.version) }
    }

    /// What a model is called, takes and gives.
    ///
    /// - Throws: an ``InferenceFault``.
    package func specification(_ name: String, version: String?) throws(InferenceFault) -> ModelSpecification {
        try models().find(name, version: version).0.specification
    }

    /// What was counted of one model, or of all.
    ///
    /// - Parameter name: the model; nil or empty: all.
    /// - Throws: an ``InferenceFault``.
    package func statistics(
        _ name: String?, version: String?
    ) throws(InferenceFault) -> [(name: String, version: String, counts: ModelStatistics.Counts)] {
        let models = try models()
        let names = name.flatMap { $0.isEmpty ? nil : [$0] } ?? models.names
        var found: [(name: String, version: String, counts: ModelStatistics.Counts)] = []
        for name in names {
            found.append((name, models.version, try models.find(name, version: version).1.current))
        }
        return found
    }

    /// Answers a request.
    ///
    /// - Throws: an ``InferenceFault``.
    package func infer(_ request: InferenceRequest) async throws(InferenceFault) -> InferenceAnswer {
        let start = ContinuousClock.now
        let models = try models()
        let (model, statistics) = try models.find(request.model, version: request.version)
        do {
            let specification = model.specification
            let inputs = try Self.checked(request, specification)
            let began = ContinuousClock.now
            let result = try await model.infer(inputs)
            let ended = ContinuousClock.now
            let outputs = Self.chosen(result.outputs, request)
            var times = ModelStatistics.Times()
            times.input = (began - start).nanoseconds
            let whole = (ended - began).nanoseconds
            times.compute = min(result.computeNanoseconds ?? whole, whole)
            times.queue = whole - times.compute
            times.output = (ContinuousClock.now - ended).nanoseconds
            statistics.countSuccess(rows: inputs.rows, times)
            return InferenceAnswer(
                model: specification.name, version: specification.version, id: request.id, outputs: outputs)
        } catch {
            statistics.countFailure(nanoseconds: (ContinuousClock.now - start).nanoseconds)
            if let fault = error as? InferenceFault { throw fault }
            logger.error(
                "a model failed to answer",
                metadata: ["model": .string(request.model), "error": .string("\(error)")])
            throw InferenceFault(
                .failed, "the model '\(request.model)' failed to answer", hint: "the server's log tells more")
        }
    }

    /// Holds the inputs, and the names of the outputs, against the specification.
    private static func checked(
        _ request: InferenceRequest, _ model: ModelSpecification
    ) throws(InferenceFault) -> InferenceInputs {
        var inputs = InferenceInputs(rows: 0, tensors: [:])
        for tensor in request.inputs {
            guard let expected = model.inputs.first(where: { $0.name == tensor.name }) else {
                let names = model.inputs.map(\.name)
                throw InferenceFault(
                    .invalid, "the model '\(model.name)' has no input '\(tensor.name.prefix(100))'",
                    hint: nearest(to: tensor.name, among: names).map { "did you mean '\($0)'?" }
                        ?? "the inputs are \(names.joined(separator: ", "))")
            }
            guard inputs.tensors.updateValue(tensor, forKey: tensor.name) == nil else {
                throw InferenceFault(.invalid, "input '\(tensor.name)' comes twice", hint: "send it once")
            }
            let rows = try expected.check(tensor, mostRows: model.maxBatch)
            guard inputs.tensors.count == 1 || rows == inputs.rows else {
                throw InferenceFault(
                    .invalid, "input '\(tensor.name)': a batch of \(rows), the other inputs have \(inputs.rows)",
                    hint: "all inputs have the same first length")
            }
            inputs.rows = rows
        }
        if let missing = model.inputs.first(where: { !$0.isOptional && inputs.tensors[$0.name] == nil }) {
            throw InferenceFault(
                .invalid, "input '\(missing.name)' is missing",
                hint: "send it as \(missing.type.rawValue) of the shape \(missing.shape)")
        }
        let names = model.outputs.map(\.name)
        if let unknown = request.outputs.first(where: { !names.contains($0.name) })?.name {
            throw InferenceFault(
                .invalid, "the model '\(model.name)' has no output '\(unknown.prefix(100))'",
                hint: nearest(to: unknown, among: names).map { "did you mean '\($0)'?" }
                    ?? "the outputs are \(names.joined(separator: ", "))")
        }
        return inputs
    }

    /// The outputs that were asked for, in that order.
    private static func chosen(_ outputs: [InferenceTensor], _ request: InferenceRequest) -> [InferenceTensor] {
        if request.outputs.isEmpty { return outputs }
        return request.outputs.compactMap { wish in outputs.first { $0.name == wish.name } }
    }
}

extension Duration {
    /// The duration in nanoseconds.
    var nanoseconds: Int {
        Int(components.seconds) * 1_000_000_000 + Int(components.attoseconds / 1_000_000_000)
    }
}
