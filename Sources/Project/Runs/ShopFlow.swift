import Core
import Flow
import Warehouse

/// The steps that take a project from files to a published version.
///
/// ```
/// load → transform → features ─▶ train[…] ─▶ select ─┬▶ retrain[…] ─▶ evaluate ─┬▶ recommend ──▶ publish
///                  ├▶ features-test ─────────────────┘                          ├▶ test ─▶ gate ─▶ ┘
///                  └▶ features-all ──────────────────────▶ final ───────────────┘
/// ```
///
/// `test` measures the winner's behaviour and lints the protocol; `gate` ends the run there if either forbids publishing.
///
/// With a pipeline, its models are trained on all rows too (`final[…]`), and a step `bundle` computes what else requests
/// need; `publish` puts the bundle beside the lists.
///
/// Time is honoured: hyperparameters and the winner are chosen on the validation window by models that saw only what
/// came before it. Then every model is trained once more on all that came before the test window, and judged there once.
/// The winner is trained a last time on all rows, and what it then recommends is published. With `refit: false` there
/// is one dataset and one training, and the published lists know nothing of the validation and test windows.
public struct ShopFlow: Sendable {
    /// The project.
    public let project: ProjectConfiguration

    /// Makes the flow of a project.
    public init(_ project: ProjectConfiguration) { self.project = project }

    /// All steps, or those that `last` needs and itself.
    ///
    /// - Throws: `notFound` if there is no step `last`.
    public func graph(upTo last: StepName? = nil) throws -> FlowGraph {
        var steps = [load(), transform(), features(.selection)]
        steps += project.models.flatMap(trainings)
        steps.append(select())
        if project.evaluation.refits {
            steps += [features(.testing), features(.everything)]
            steps += project.models.map(retraining)
            steps.append(final())
        }
        steps += [evaluate(), test(), gate(), recommend()] + pipelineSteps() + [publish()]
        if project.warehouse.driver == "duckdb" {
            // A file that DuckDB lets one process at a time open for writing.
            let readers = Set(["load", "transform", "test", "recommend"])
            for place in steps.indices
            where readers.contains(steps[place].name) || SplitUse(rawValue: steps[place].name) != nil {
                steps[place].mutex = "warehouse"
            }
        }
        guard let last else { return try FlowGraph(name: project.name, steps: steps) }
        let byName = Dictionary(uniqueKeysWithValues: steps.map { ($0.name, $0) })
        var needed: Set<String> = []
        var pending = last == .train ? project.models.flatMap(trainings).map(\.name) : [last.rawValue]
        while let name = pending.popLast() {
            guard needed.insert(name).inserted, let step = byName[name] else { continue }
            pending += step.dependencies
        }
        return try FlowGraph(name: project.name, steps: steps.filter { needed.contains($0.name) })
    }
}

/// The steps that people name; those in between follow from them.
public enum StepName: String, Sendable, CaseIterable {
    /// Files into the warehouse.
    case load
    /// SQL.
    case transform
    /// The dataset that models are chosen on.
    case features
    /// Every point of every model.
    case train
    /// The best point of each model and the winner, on validation.
    case select
    /// The test window.
    case evaluate
    /// The winner's behaviour, and the protocol.
    case test
    /// Lists for all users.
    case recommend
    /// Lists into the store, live.
    case publish
}
