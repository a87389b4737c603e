import Core
import Features
import Flow
import Models
import Synchronization

extension ShopFlow {
    /// A training whose process dies goes on from its last checkpoint.
    static let afterDeath = RetryPolicy(count: 2, after: .death)

    /// One step for each point of a model's grid; each trains in a process of its own.
    func trainings(of model: ModelConfiguration) -> [Step] {
        if let halving = model.halving, model.points.count > 1 { return trainings(of: model, halving) }
        let project = project
        return model.points.map { point in
            Step(
                "train[\(point.label)]", dependencies: [SplitUse.selection.rawValue],
                parameters: trainingParameters(of: model, point), isolation: .childProcess,
                retries: Self.afterDeath, memory: trainingMemory(of: model, point)
            ) { context in
                try Self.train(
                    kind: model.kind, hyperparameters: point.hyperparameters, on: SplitUse.selection, project: project,
                    context: context)
            }
        }
    }

    /// About how much memory a training takes, from the size of its dataset.
    func trainingMemory(of model: ModelConfiguration, _ point: ModelConfiguration.Point) -> Step.Memory {
        { inputs in
            guard let counts = inputs[SplitUse.selection.rawValue]?.value else { return 0 }
            return ModelRegistry.trainingMemory(
                kind: model.kind, hyperparameters: point.hyperparameters, users: counts["users"]?.integer ?? 0,
                items: counts["items"]?.integer ?? 0, rows: counts["train"]?.integer ?? 0)
        }
    }

    /// What a training's result depends on, beside its data.
    func trainingParameters(of model: ModelConfiguration, _ point: ModelConfiguration.Point) -> JSONValue {
        [
            "kind": .string(model.kind), "hyperparameters": point.hyperparameters,
            "seed": .string(String(project.seed)), "k": .integer(Int64(project.evaluation.ks[0])),
        ]
    }

    /// The best point of a model once more, on all that came before the test.
    func retraining(of model: ModelConfiguration) -> Step {
        retraining(named: "retrain[\(model.name)]", on: .testing) { $0["models"]?[model.name] }
    }

    /// The winner on all rows.
    func final() -> Step {
        retraining(named: "final", on: .everything) { selection in
            selection["winner"]?.string.flatMap { selection["models"]?[$0] }
        }
    }

    private func retraining(
        named name: String, on use: SplitUse, chosen: @escaping @Sendable (_ selection: JSONValue) -> JSONValue?
    ) -> Step {
        let project = project
        return Step(
            name, dependencies: [use.rawValue, "select"], parameters: ["seed": .string(String(project.seed))],
            isolation: .childProcess, retries: Self.afterDeath
        ) { context in
            guard let choice = chosen(try context.value(of: "select")), let kind = choice["kind"]?.string,
                let hyperparameters = choice["hyperparameters"]
            else { throw MartletError(.corrupted, "the step 'select' names no model for \(name)") }
            try Self.train(
                kind: kind, hyperparameters: hyperparameters, epochs: choice["epochs"]?.integer, on: use,
                project: project, context: context)
        }
    }

    /// - Parameters:
    ///   - epochs: how many epochs were best on validation, for a dataset without that window; nil: the model stops by
    ///     itself.
    ///   - pause: after how many epochs to stop for now.
    static func train(
        kind: String, hyperparameters: JSONValue, epochs: Int? = nil, pauseAfter pause: Int? = nil, on use: SplitUse,
        project: ProjectConfiguration, context: StepContext
    ) throws {
        let data = try InteractionDataset.open(context.input(use.rawValue, "dataset"))
        var model = try ModelRegistry.make(kind: kind, hyperparameters: hyperparameters)
        try context.record(
            trainingFacts(
                kind: kind, hyperparameters: model.hyperparameters, epochs: epochs, on: use, project: project,
                context: context))
        var options = TrainingOptions(
            seed: project.seed, checkpointFolder: context.checkpointFolder, progress: context.progress,
            validationMetricK: project.evaluation.ks[0], resume: true, epochs: epochs, pauseAfter: pause,
            isCancelled: { context.isCancelled })
        let logged = Mutex<Set<Int>>([])
        options.log = { metric, value, epoch in
            logged.withLock { _ = $0.insert(epoch) }
            // A point that cannot be written must not end a training; the next write says so, or the step's end.
            try? context.log(metric, value, at: epoch)
        }
        let report = try model.fit(data, options: options)
        // Passes of an earlier attempt, or of the stage before this one, of which only the checkpoint knows.
        let known = logged.withLock { $0 }
        for (pass, loss) in report.loss.enumerated() where !known.contains(pass + 1) {
            try context.log("loss", loss, at: pass + 1)
            if let metric = report.validationMetric, report.validation.count == report.loss.count {
                try context.log("validation/\(metric)", report.validation[pass], at: pass + 1)
            }
        }
        try context.log("samples-per-second", report.samplesPerSecond)
        try model.save(to: context.output("model"))
        context.setValue(try JSONValue(encoding: report))
    }
}
