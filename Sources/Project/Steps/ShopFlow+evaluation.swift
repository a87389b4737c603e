import Core
import Evaluation
import Features
import Flow
import Models
import Pipeline
import Tensor

extension ShopFlow {
    /// The best point of each model and the best of all, by the selection metric on the validation window.
    func select() -> Step {
        let project = project
        let points = project.models.flatMap { model in model.points.map { (model: model, point: $0) } }
        return Step(
            "select", dependencies: [SplitUse.selection.rawValue] + points.map { "train[\($0.point.label)]" },
            parameters: evaluationParameters
        ) { context in
            let data = try InteractionDataset.open(context.input(SplitUse.selection.rawValue, "dataset"))
            let judge = try Judge(
                data: data, window: .validation, configuration: project.evaluation, seed: project.seed)
            var judged: [ModelEvaluation] = []
            var best: [String: (value: Double, choice: JSONValue)] = [:]
            for (model, point) in points {
                let step = "train[\(point.label)]"
                let trained = try ModelRegistry.load(folder: context.input(step, "model"))
                let evaluation = try judge.evaluate(trained, name: point.label)
                let value = evaluation.value(project.evaluation.select) ?? 0
                judged.append(evaluation)
                guard value > best[model.name]?.value ?? -1 else { continue }
                let training = try context.value(of: step)
                best[model.name] = (
                    value,
                    [
                        "kind": .string(model.kind), "point": .string(point.label), "step": .string(step),
                        "hyperparameters": trained.hyperparameters, "epochs": training["bestEpoch"] ?? .null,
                        "validation": .number(value),
                    ]
                )
            }
            // Equal values: the model that stands first in the project file.
            let winner = project.models.map(\.name).max { (best[$0]?.value ?? -1) < (best[$1]?.value ?? -1) }
            context.setValue([
                "winner": .string(winner ?? ""), "models": .object(best.mapValues(\.choice)),
                "points": try JSONValue(encoding: judged), "judged-users": .integer(Int64(judge.users.count)),
            ])
        }
    }

    /// Every model on the test window, once, the baselines beside the winner.
    func evaluate() -> Step {
        let project = project
        let use: SplitUse = project.evaluation.refits ? .testing : .selection
        let models =
            project.evaluation.refits
            ? project.models.map { "retrain[\($0.name)]" }
            : project.models.flatMap { model in model.points.map { "train[\($0.label)]" } }
        return Step(
            "evaluate", dependencies: [use.rawValue, "select"] + models,
            parameters: project.pipeline == nil ? evaluationParameters : pipelineEvaluationParameters, codeVersion: "2"
        ) { context in
            let selection = try context.value(of: "select")
            let data = try InteractionDataset.open(context.input(use.rawValue, "dataset"))
            let judge = try Judge(data: data, window: .test, configuration: project.evaluation, seed: project.seed)
            var evaluations: [ModelEvaluation] = []
            var trainings: [String: JSONValue] = [:]
            let folder = try context.output("lists")
            try Folder.make(folder)
            for (number, model) in project.models.enumerated() {
                guard let choice = selection["models"]?[model.name], let trainedBy = choice["step"]?.string else {
                    continue
                }
                let step = project.evaluation.refits ? "retrain[\(model.name)]" : trainedBy
                let trained = try ModelRegistry.load(folder: context.input(step, "model"))
                let lists = try judge.lists(of: trained)
                try ListFiles.write(lists, to: "\(folder)/\(number)")
                evaluations.append(try judge.evaluate(trained, name: model.name, lists: lists))
                trainings[model.name] = try context.value(of: step)
            }
            if let judged = try await Self.pipelineEvaluation(
                judge, selection: selection, project: project, context: context)
            {
                evaluations.append(judged)
            }
            let report = try judge.report(
                of: evaluations, selection: selection, trainings: trainings, shop: project.name)
            try AtomicFile.write(report.html(), to: context.output("report.html"))
            context.setValue(report.json)
        }
    }

    /// The whole pipeline on the test window, beside its models alone; nil without one.
    private static func pipelineEvaluation(
        _ judge: Judge, selection: JSONValue, project: ProjectConfiguration, context: StepContext
    ) async throws -> ModelEvaluation? {
        guard let pipeline = project.pipeline else { return nil }
        func held(_ name: String) throws -> PipelineJudge.Held? {
            guard let choice = selection["models"]?[name], let trainedBy = choice["step"]?.string else { return nil }
            let step = project.evaluation.refits ? "retrain[\(name)]" : trainedBy
            return (
                try context.input(step, "model"),
                BundleManifest.Model(name: name, kind: choice["kind"]?.string ?? "")
            )
        }
        guard let winner = try held(selection["winner"]?.string ?? "") else { return nil }
        let cosine = selection["models"]?.object?.sorted { $0.key < $1.key }
            .first { $0.value["kind"]?.string == ItemCosineModel.kind }?.value["hyperparameters"]
        return try await PipelineJudge(
            judge: judge, pipeline: pipeline, tower: pipeline.tower.flatMap { try held($0) },
            ranker: pipeline.ranker.flatMap { try held($0) }, lists: try ModelRegistry.load(folder: winner.path),
            listLength: project.recommendation.k, cosine: cosine
        ).evaluate(name: "pipeline", scratch: "\(context.checkpointFolder)/pipeline")
    }

    /// The same, and the pipeline's declaration.
    private var pipelineEvaluationParameters: JSONValue {
        var members = evaluationParameters.object ?? [:]
        members["pipeline"] = project.file.json["pipeline"]
        return .object(members)
    }

    var evaluationParameters: JSONValue {
        [
            "k": .array(project.evaluation.ks.map { .integer(Int64($0)) }),
            "select": .string(project.evaluation.select), "exclude-seen": .bool(project.evaluation.excludesSeen),
            "users": .integer(Int64(project.evaluation.maximumUsers)), "seed": .string(String(project.seed)),
            "models": .array(project.models.map { .string($0.name) }),
        ]
    }
}
