import ArgumentParser
import Core
import FoundationEssentials
import Pipeline
import Project
import Serving
import Stores

/// `martlet explain`
struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tell how an answer, a list or a run came to be.",
        discussion: """
            Without a subcommand: how items come into a user's answer, and why one does not.

            Example: martlet explain --user 13085 --item 85123A
                     martlet explain list --user 13085
                     martlet explain run 20261123-0117-ab12
            """,
        subcommands: [ExplainAnswer.self, ExplainList.self, ExplainRun.self], defaultSubcommand: ExplainAnswer.self)
}

/// `martlet explain answer`
struct ExplainAnswer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer", abstract: "Tell how items come into a user's answer, and why one does not.",
        discussion: """
            The published pipeline answers for the user, and each item's way is shown: who proposed it, its score and
            rank, what filtered it, what moved it, and what the feature store says of user and item. Events since the last publication are known to a running server, not
            to this command: ask it with 'explain': true for an answer that knows them.

            Example: martlet explain --user 13085 --item 85123A
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "The user's id.")
    var user: String

    @Option(help: "An item whose way is told whether it is in the answer or not.")
    var item: String?

    @Option(help: "How many items the answer has (default: the pipeline's).")
    var k: Int?

    func validate() throws {
        if let k, k < 1 { throw ValidationError("--k must be at least 1, found \(k)") }
    }

    func run() async throws {
        let project = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project)).project
        guard let declared = project.pipeline else {
            throw MartletError(
                .invalidConfiguration, "the project has no pipeline",
                hint: "add 'pipeline: {}' to martlet.yml and publish: martlet publish")
        }
        // Everything is read from the disk for the first time here: what a page would not wait for is not the question.
        let store = try await features(of: project)
        var pipeline = declared.unhurried
        var items: StoredItemFeatures?
        if let store, let service = project.featureStore?.itemService {
            items = try StoredItemFeatures(store, service: service)
            pipeline = declared
            pipeline.deadline = 60
        }
        var users: StoredUserFeatures?
        if let store, let service = project.featureStore?.requestService {
            users = try StoredUserFeatures(store, service: service)
        }
        let bundle = try ServedBundle(
            folder: project.publishing.bundleStore.path(version: try await LivePublication(project).version.version),
            configuration: pipeline)
        var request = PipelineRequest(user: user, k: k)
        request.explains = true
        request.item = item
        let answers = await RecommendationPipeline(
            pipeline, bundle: bundle, activity: NoActivity(), features: users, items: items
        ).answers(to: [request], wall: Int64(Date().timeIntervalSince1970))
        await store?.online.close()
        guard let answer = answers.first, let explanation = answer.explanation else { return }
        if let item, explanation.unknownItem != nil {
            throw MartletError(
                .notFound, "there is no item '\(item)' in the catalogue",
                hint: "ids are compared letter by letter, and keep their leading zeros")
        }
        output.finish(text(explanation, answer), json: ExplanationText(explanation, answer).json)
    }

    /// The project's feature store, if it has one that requests ask. One that is away, or was never written, is no reason to
    /// explain nothing: the stage says so, or the bundle's own features are told of.
    private func features(of project: ProjectConfiguration) async throws -> FeatureStore? {
        guard let section = project.featureStore, section.requestService != nil || section.itemService != nil else {
            return nil
        }
        do {
            return FeatureStore(
                section.definitions, online: try await section.online.open(readOnly: true, mayBeAway: true))
        } catch let error as MartletError where error.code == .notFound {
            return nil
        }
    }

    private func text(_ explanation: Explanation, _ answer: PipelineAnswer) -> String {
        var lines = [
            "user \(answer.user): \(explanation.contacts) contacts with items, \(explanation.history) in the history"
        ]
        if let features = explanation.features { lines.append("    " + line(features)) }
        for item in explanation.items {
            let title = (try? JSONValue(parsing: answer.bundle.showText(item.index)))?["title"]?.string ?? ""
            lines.append("\(item.place.map { "\($0)." } ?? "–") \(answer.bundle.id(item.index))  \(title)")
            lines.append("    \(item.verdict)")
            if !item.proposals.isEmpty {
                let told = item.proposals.map { "\($0.source) (rank \($0.rank), score \($0.score))" }
                lines.append("    proposed by \(told.joined(separator: ", "))")
            }
            if let score = item.score {
                lines.append("    scored \(score)" + (item.rank.map { ", rank \($0)" } ?? ", had it been a candidate"))
            }
            if let features = item.features { lines.append("    " + line(features)) }
            for move in item.moves {
                lines.append("    \(move.rule) moved it from \(move.from.map(String.init) ?? "nowhere") to \(move.to)")
            }
        }
        for stage in answer.stages { lines.append(line(stage)) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ features: FreshFeatures) -> String {
        let values = features.values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        let age = features.age.map { ", written \(Int($0.rounded())) s ago" } ?? ""
        return "features of the store: \(values.joined(separator: ", "))\(age)"
    }

    private func line(_ stage: StageReport) -> String {
        let microseconds = Int((stage.seconds * 1e6).rounded())
        var skipped = stage.skipped.map { ", skipped: \($0)" } ?? ""
        if case .failed(let reason) = stage.outcome { skipped += " (\(reason))" }
        return "\(stage.name): \(stage.candidatesIn) in, \(stage.candidatesOut) out, \(microseconds) µs\(skipped)"
    }
}
