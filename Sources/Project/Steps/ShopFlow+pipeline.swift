import Core
import Features
import Flow
import Models
import Pipeline
import Stores

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension ShopFlow {
    /// The models that the pipeline needs, each once.
    private var pipelineModels: [String] {
        let names = [project.pipeline?.tower].compactMap { $0 } + (project.pipeline?.rankers ?? [])
        return names.enumerated().filter { names.firstIndex(of: $0.element) == $0.offset }.map(\.element)
    }

    /// The steps of the pipeline; none without one.
    func pipelineSteps() -> [Step] {
        guard project.pipeline != nil else { return [] }
        return (project.evaluation.refits ? pipelineModels.map(pipelineTraining) : []) + [bundle()]
    }

    /// What the step `publish` reads to put a bundle together.
    var bundleSources: [String] {
        project.pipeline == nil ? [] : ["bundle"] + Set(pipelineModels.flatMap(modelSources)).sorted()
    }

    /// The steps that may hold a model of the pipeline.
    private func modelSources(_ name: String) -> [String] {
        project.evaluation.refits
            ? ["final[\(name)]", "final"]
            : project.models.filter { $0.name == name }.flatMap { model in model.points.map { "train[\($0.label)]" } }
    }

    /// A model of the pipeline on all rows, unless it is the winner, which the step `final` trains.
    private func pipelineTraining(_ name: String) -> Step {
        let project = project
        return Step(
            "final[\(name)]", dependencies: [SplitUse.everything.rawValue, "select", "final"],
            parameters: ["seed": .string(String(project.seed))], isolation: .childProcess,
            retries: Self.afterDeath
        ) { context in
            let selection = try context.value(of: "select")
            if selection["winner"]?.string == name {
                context.setValue(["step": "final"])
                return
            }
            guard let choice = selection["models"]?[name], let kind = choice["kind"]?.string,
                let hyperparameters = choice["hyperparameters"]
            else { throw MartletError(.corrupted, "the step 'select' names no model '\(name)'") }
            try Self.train(
                kind: kind, hyperparameters: hyperparameters, epochs: choice["epochs"]?.integer, on: .everything,
                project: project, context: context)
        }
    }

    /// Where a model of the pipeline lies.
    private static func modelPath(
        _ name: String, project: ProjectConfiguration, context: StepContext
    ) throws -> (path: String, model: BundleManifest.Model) {
        let choice = try context.value(of: "select")["models"]?[name]
        var step = choice?["step"]?.string ?? ""
        if project.evaluation.refits {
            step = "final[\(name)]"
            step = try context.value(of: step)["step"]?.string ?? step
        }
        return (
            try context.input(step, "model"), BundleManifest.Model(name: name, kind: choice?["kind"]?.string ?? "")
        )
    }

    /// What the pipeline needs beside the models: see ``Pipeline/BundleBuilder``.
    ///
    /// Artifact `parts`: the folder.
    private func bundle() -> Step {
        let project = project
        let use: SplitUse = project.evaluation.refits ? .everything : .selection
        let towers = project.pipeline?.tower.map(modelSources) ?? []
        return Step(
            "bundle", dependencies: [use.rawValue, "select"] + towers,
            parameters: [
                "pipeline": project.pipeline?.bundleParameters ?? .null,
                "only": project.recommendation.only.map { .string($0) } ?? .null,
            ]
        ) { context in
            guard let pipeline = project.pipeline else { return }
            let data = try InteractionDataset.open(context.input(use.rawValue, "dataset"))
            var builder = BundleBuilder(
                data, configuration: pipeline, show: try ShopCatalogue(data).items().map(\.show))
            builder.allowed = try project.recommendation.only.map {
                try ListMaker.allowed(where: $0, project: project, data: data)
            }
            let chosen = try context.value(of: "select")["models"]?.object ?? [:]
            if let cosine = chosen.sorted(by: { $0.key < $1.key })
                .first(where: { $0.value["kind"]?.string == ItemCosineModel.kind })?.value["hyperparameters"]
            {
                builder.cosine = cosine
            }
            let tower = try pipeline.tower.map {
                try ModelRegistry.load(folder: Self.modelPath($0, project: project, context: context).path)
            }
            let folder = try context.output("parts")
            try Folder.make(folder)
            let index = try builder.write(to: folder, tower: tower)
            context.setValue([
                "items": .integer(Int64(data.items.count)),
                "index": try index.map { try JSONValue(encoding: $0) } ?? .null,
            ])
        }
    }

    /// Puts the bundle of a published version together.
    static func publishBundle(
        version: Int, dataset: String, lists: String, project: ProjectConfiguration, context: StepContext
    ) async throws {
        guard let pipeline = project.pipeline else { return }
        var pieces = [
            (name: "dataset", path: dataset), (name: "lists", path: lists),
            (name: "parts", path: try context.input("bundle", "parts")),
        ]
        var manifest = BundleManifest(
            version: version, run: context.run, created: Int64(time(nil)),
            dataEnd: try InteractionDataset.open(dataset).split.end, category: pipeline.category)
        manifest.index = try context.value(of: "bundle")["index"].flatMap(IndexSummary.init)
        if let name = pipeline.tower {
            let found = try modelPath(name, project: project, context: context)
            manifest.tower = found.model
            pieces.append((name: "retrieval", path: found.path))
        }
        if let name = pipeline.ranker {
            let found = try modelPath(name, project: project, context: context)
            manifest.ranker = found.model
            pieces.append((name: "ranking", path: found.path))
        }
        for name in pipeline.rankers where name != pipeline.ranker {
            let found = try modelPath(name, project: project, context: context)
            manifest.otherRankers = (manifest.otherRankers ?? []) + [found.model]
            pieces.append((name: "ranking-\(name)", path: found.path))
        }
        if pipeline.index.serverSummary != nil, manifest.tower != nil {
            manifest.vectors = "\(project.name):v\(version)-\(manifest.created)"
        }
        let store = project.publishing.bundleStore
        let replaced = store.vectorNames(of: [version])
        try store.publish(manifest, pieces: pieces)
        await pipeline.removeVectors(replaced.filter { $0 != manifest.vectors })
        // Nobody answers from it yet: what cannot be served is not published, and what it answers is noted in it.
        let patient = pipeline.unhurried
        let bundle = try ServedBundle(folder: store.path(version: version), configuration: patient)
        try await pipeline.fillVectors(from: bundle)
        manifest.scores = await RecommendationPipeline(patient, bundle: bundle, activity: NoActivity())
            .scoreDistribution(wall: manifest.created)
        try manifest.write(to: store.path(version: version))
    }
}
