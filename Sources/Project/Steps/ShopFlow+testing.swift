import Core
import Evaluation
import Features
import Flow
import Models
import Tensor

extension ShopFlow {
    /// The winner's behaviour, and the protocol by which it was judged.
    ///
    /// Artifacts: `tests.json`, `tests.xml` (JUnit) and `tests.html`; the value is the report's JSON. Whatever it finds,
    /// the step ends well: it is `gate` that stops.
    func test() -> Step {
        let project = project
        let use: SplitUse = project.evaluation.refits ? .testing : .selection
        let models =
            project.evaluation.refits
            ? project.models.map { "retrain[\($0.name)]" }
            : project.models.flatMap { model in model.points.map { "train[\($0.label)]" } }
        return Step(
            "test", dependencies: ["evaluate", "select", use.rawValue] + models,
            parameters: ["tests": project.tests.json, "evaluation": evaluationParameters]
        ) { context in
            let report = try Self.behaviour(project, use: use, context: context)
            try AtomicFile.write(report.json.pretty + "\n", to: context.output("tests.json"))
            try AtomicFile.write(report.junit, to: context.output("tests.xml"))
            try AtomicFile.write(report.html(), to: context.output("tests.html"))
            for finding in report.findings where finding.severity == .warn {
                context.progress.note("protocol: \(finding.line)")
            }
            for test in report.tests where test.state == .warned { context.progress.note("test \(test.line)") }
            context.setValue(report.json)
        }
    }

    /// Ends the way to publishing if a test failed or the linter found an error.
    func gate() -> Step {
        Step("gate", dependencies: ["test"]) { context in
            try BehaviourReport(json: context.value(of: "test")).throwIfFailed()
            // Always the same: lists are not published again because a value moved within its bounds.
            context.setValue(["passed": true])
        }
    }

    private static func behaviour(
        _ project: ProjectConfiguration, use: SplitUse, context: StepContext
    ) throws -> BehaviourReport {
        let selection = try context.value(of: "select")
        let winner = selection["winner"]?.string ?? ""
        guard let place = project.models.firstIndex(where: { $0.name == winner }),
            let trainedBy = selection["models"]?[winner]?["step"]?.string
        else { throw MartletError(.corrupted, "the step 'select' names no winner") }
        let step = project.evaluation.refits ? "retrain[\(winner)]" : trainedBy
        let folder = try context.input("evaluate", "lists")
        let data = try InteractionDataset.open(context.input(use.rawValue, "dataset"))
        let judge = try Judge(data: data, window: .test, configuration: project.evaluation, seed: project.seed)
        let evidence = BehaviourEvidence(
            project: project, judge: judge, past: try TrainingPast(data),
            model: try ModelRegistry.load(folder: context.input(step, "model")), name: winner,
            lists: try ListFiles.read("\(folder)/\(place)"))
        let champion = try project.tests.champion.flatMap { name in
            try project.models.firstIndex { $0.name == name }.map { (name, try ListFiles.read("\(folder)/\($0)")) }
        }
        var subject = try evidence.subject(champion: champion)
        let evaluated = try EvaluationReport(json: context.value(of: "evaluate")).models.first { $0.name == winner }
        var facts = try evidence.facts(selection: selection, evaluation: evaluated, looks: try? looks(project))
        try context.checkCancellation()
        try probe(&subject, &facts, evidence, selection: selection, context: context)
        return try BehaviourReport(
            title: project.name, subject: subject, facts: facts, configuration: project.tests,
            ks: project.evaluation.ks,
            seed: project.seed)
    }

    /// Asks the winner again with something changed, for the tests that are not off.
    private static func probe(
        _ subject: inout BehaviourSubject, _ facts: inout ProtocolFacts, _ evidence: BehaviourEvidence,
        selection: JSONValue, context: StepContext
    ) throws {
        let tests = evidence.project.tests
        func isOn(_ test: BehaviourTest) -> Bool { tests.rules[test]?.severity ?? .off != .off }
        let probe = ModelProbe(
            model: evidence.model, judge: evidence.judge, k: subject.k, sample: tests.sample,
            seed: evidence.project.seed)
        if tests.protocolSeverities[ProtocolRule.readsTheTest.rawValue] != .off {
            facts.hidden = try probe.hidden(evidence.past, folder: "\(context.checkpointFolder)/blind")
        }
        if isOn(.perturbationDrop) || isOn(.perturbationSwap) {
            subject.perturbations = try probe.perturbed(evidence.past)
        }
        if isOn(.similarSymmetry) { subject.symmetry = try probe.symmetry(sample: tests.sample) }
        if isOn(.rerunNoise) {
            let choice = selection["models"]?[evidence.name]
            var again = try ModelRegistry.make(
                kind: evidence.model.kind, hyperparameters: evidence.model.hyperparameters)
            _ = try again.fit(
                evidence.judge.data,
                options: TrainingOptions(
                    seed: evidence.project.seed &+ 1, progress: context.progress,
                    validationMetricK: evidence.project.evaluation.ks[0], epochs: choice?["epochs"]?.integer,
                    isCancelled: { context.isCancelled }))
            subject.rerun = try evidence.judge.lists(of: again)
        }
    }

    /// How many different versions the project's test window has judged, in its last two hundred runs.
    private static func looks(_ project: ProjectConfiguration) throws -> Int {
        let store = try RunStore(folder: project.stateFolder)
        var keys: Set<String> = []
        for run in try store.runs().prefix(200) {
            if let result = try store.result(run: run.id, step: "evaluate") { keys.insert(result.key) }
        }
        return keys.count
    }
}
