import Core
import Features
import Flow
import Models
import Tensor
import Warehouse

extension ShopFlow {
    /// The dataset and the step whose model recommends.
    private func source(_ selection: JSONValue) -> (dataset: String, step: String) {
        if project.evaluation.refits { return (SplitUse.everything.rawValue, "final") }
        let winner = selection["winner"]?.string ?? ""
        return (SplitUse.selection.rawValue, selection["models"]?[winner]?["step"]?.string ?? "")
    }

    private var recommendationSources: [String] {
        project.evaluation.refits
            ? [SplitUse.everything.rawValue, "final"]
            : [SplitUse.selection.rawValue]
                + project.models.flatMap { model in model.points.map { "train[\($0.label)]" } }
    }

    /// Top k for every user, similar items for every item, and the fallbacks.
    ///
    /// Artifact `lists`: a folder of datasets `users`, `similar` and `fallbacks`, each with list columns `items` (indices
    /// of the dataset's items) and `scores`; row `i` of `users` is user `i` of the dataset.
    func recommend() -> Step {
        let project = project
        return Step(
            "recommend", dependencies: ["evaluate", "select"] + recommendationSources,
            parameters: project.recommendation.json
        ) { context in
            let (dataset, step) = source(try context.value(of: "select"))
            let data = try InteractionDataset.open(context.input(dataset, "dataset"))
            let model = try ModelRegistry.load(folder: context.input(step, "model"))
            let maker = try ListMaker(project: project, data: data, model: model, progress: context.progress)
            let folder = try context.output("lists")
            try Folder.make(folder)
            let users = try maker.writeUsers(to: "\(folder)/users")
            let similar = try maker.writeSimilar(to: "\(folder)/similar")
            let segments = try maker.writeFallbacks(to: "\(folder)/fallbacks")
            context.setValue([
                "users": .integer(Int64(users)), "similar": .integer(Int64(similar)),
                "segments": .array(segments.map { .string($0) }), "dataset": .string(dataset), "step": .string(step),
            ])
        }
    }
}
