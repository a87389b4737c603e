import ArgumentParser
import Core
import Evaluation
import Pipeline
import Project
import Serving
import Stores

/// `martlet experiments`
struct ExperimentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "experiments", abstract: "What experiments on the pipeline say.",
        discussion: """
            Experiments stand in martlet.yml under 'pipeline.experiments'. A running server answers each user by the
            variants that the user's hash chooses, and logs what it shows; clicks and purchases come from its event log.
            """,
        subcommands: [ExperimentsReport.self, ExperimentsEstimate.self, ExperimentsAssign.self])
}

/// Which answers a subcommand looks at.
struct ExperimentOptions: ParsableArguments {
    @Option(help: "The experiment (default: all).")
    var experiment: String?
    @Option(help: "Answers from this moment on, such as 2026-11-24 or 2026-11-24T09:30:00Z.")
    var from: String?
    @Option(help: "Answers before this moment.")
    var to: String?
    @Option(help: "How sure the intervals are, in 0…1.")
    var confidence = 0.95

    func validate() throws {
        if !(confidence > 0 && confidence < 1) {
            throw ValidationError("--confidence must lie between 0 and 1, found \(confidence)")
        }
    }

    /// The experiments of these kinds that were asked for.
    ///
    /// - Throws: `notFound` for a name that the project does not have.
    func chosen(
        _ project: ProjectConfiguration, _ kinds: [ExperimentConfiguration.Kind]
    ) throws -> [ExperimentConfiguration] {
        let all = project.pipeline?.plan.experiments ?? []
        guard let experiment else {
            let found = all.filter { kinds.contains($0.kind) }
            if found.isEmpty {
                throw MartletError(
                    .notFound,
                    "the project has no experiment of the kind \(kinds.map(\.rawValue).joined(separator: " or "))",
                    hint: "declare one under 'pipeline.experiments' in martlet.yml")
            }
            return found
        }
        guard let found = all.first(where: { $0.name == experiment }) else {
            throw MartletError(
                .notFound, "the project has no experiment '\(experiment)'",
                hint: nearest(to: experiment, among: all.map(\.name)).map { "did you mean '\($0)'?" }
                    ?? "its experiments are \(all.map(\.name).joined(separator: ", "))")
        }
        return [found]
    }

    /// Reads the logs for an experiment.
    func log(
        _ experiment: ExperimentConfiguration, _ project: ProjectConfiguration, _ serving: ServingConfiguration
    ) throws -> ExperimentLog {
        let from = try from.map { try FeatureStoreAccess.moment($0, option: "--from").microseconds }
        let to = try to.map { try FeatureStoreAccess.moment($0, option: "--to").microseconds }
        return try ExperimentLog(
            impressions: serving.impressions?.log.folder ?? "\(project.folder)/impressions",
            events: serving.events?.log.folder, experiments: [experiment.name], window: experiment.window,
            from: from ?? .min, to: to ?? .max)
    }
}

/// `martlet experiments report`
struct ExperimentsReport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Compare the variants of experiments.",
        discussion: """
            For each variant its users and what they did; against the first variant the lift with its interval, and an
            interval and a p-value that may be looked at at any time. Of an interleaving, which ranker users prefer.

            Example: martlet experiments report --experiment diversity
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var options: ExperimentOptions

    func run() async throws {
        let (project, serving) = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project))
        var text: [String] = []
        var json: [JSONValue] = []
        for experiment in try options.chosen(project, [.split, .interleave]) {
            let log = try options.log(experiment, project, serving)
            var report = try log.report(on: experiment, confidence: options.confidence)
            if serving.events == nil {
                report.notes.append("the server takes no events, so nobody clicks or buys: add 'serve: {events: {}}'")
            }
            report.notes += log.faults.map(\.message)
            text.append(report.terminalText)
            json.append(try JSONValue(encoding: report))
        }
        output.finish(text.joined(separator: "\n"), json: ["experiments": .array(json)])
    }
}

/// `martlet experiments estimate`
struct ExperimentsEstimate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estimate", abstract: "Estimate what a shadow would have earned, had it been shown.",
        discussion: """
            From answers whose order was drawn ('explore' in 'rerank') and the shadow's probabilities of the same items:
            inverse propensity scores, self-normalised, and doubly robust, each with its interval.

            Example: martlet experiments estimate --experiment newcomer --places 3
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var options: ExperimentOptions
    @Option(help: "The first so many places of an answer count.")
    var places = 3

    func validate() throws {
        if places < 1 { throw ValidationError("--places must be at least 1, found \(places)") }
    }

    func run() async throws {
        let (project, serving) = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project))
        var text = ""
        var json: [JSONValue] = []
        for experiment in try options.chosen(project, [.shadow]) {
            let log = try options.log(experiment, project, serving)
            let found = try log.estimate(experiment, places: places, confidence: options.confidence)
            let notes = found.notes + log.faults.map(\.message)
            text += "\(found.experiment): \(found.variant) beside what is shown, first \(places) places\n"
            text +=
                "  \(Int((found.overlap * 100).rounded())) % of the shown items, \(Int((found.seconds * 1e3).rounded())) ms\n"
            text += found.estimate?.terminalText(found.variant, metric: found.metric) ?? ""
            text += notes.map { "  · \($0)\n" }.joined()
            json.append([
                "experiment": .string(found.experiment), "variant": .string(found.variant),
                "metric": .string(found.metric), "places": .integer(Int64(places)), "overlap": .number(found.overlap),
                "seconds": .number(found.seconds), "notes": .array(notes.map { .string($0) }),
                "estimate": try found.estimate.map { try JSONValue(encoding: $0) } ?? .null,
            ])
        }
        output.finish(text, json: ["estimates": .array(json)])
    }
}

/// `martlet experiments assign`
struct ExperimentsAssign: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "assign", abstract: "Say which variants a user is in.",
        discussion: "Example: martlet experiments assign --user 13085")
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The user's id.")
    var user: String

    func run() async throws {
        let project = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project)).project
        let plan = project.pipeline?.plan ?? ExperimentPlan()
        let assignment = plan.assignment(of: user)
        let found = plan.experiments.enumerated().map { place, experiment in
            let variant = assignment.variant(at: place).map { place in
                experiment.kind == .interleave
                    ? experiment.variants.map(\.name).joined(separator: "+") : experiment.variants[place].name
            }
            return (name: experiment.name, variant: variant)
        }
        output.finish(
            found.map { "\($0.name): \($0.variant ?? "not in it")\n" }.joined(),
            json: [
                "user": .string(user),
                "variants": .object(
                    Dictionary(uniqueKeysWithValues: found.map { ($0.name, $0.variant.map { .string($0) } ?? .null) })),
            ])
    }
}
