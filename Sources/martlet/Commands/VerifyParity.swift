import ArgumentParser
import Core
import Features
import FoundationEssentials
import Pipeline
import Project
import Serving
import Stores

/// `martlet verify`
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check that what is served is what was trained.",
        subcommands: [VerifyParity.self])
}

/// `martlet verify parity`
struct VerifyParity: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parity", abstract: "Compare every encoded feature and score of training's path with serving's.",
        discussion: """
            Rows of sampled users and items are encoded one by one, as they come at serving, and held against the
            published dataset; with a feature store, so is what it knows of the users. Users' candidates are scored as a
            server does and as training does. Where a server logs its answers, so are the scores that it logged. Ends
            with an error if a value differs.

            Example: martlet verify parity --users 200
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "How many users and items are sampled.")
    var users = 100
    @Option(help: "How many logged answers are replayed at most.")
    var answers = 100
    @Option(help: "How far scores may lie apart, relative to scores above 1.")
    var tolerance = 1e-4

    func validate() throws {
        if users < 1 { throw ValidationError("--users must be at least 1, found \(users)") }
        if answers < 0 { throw ValidationError("--answers must be at least 0, found \(answers)") }
        if !(tolerance >= 0) { throw ValidationError("--tolerance must be at least 0, found \(tolerance)") }
    }

    func run() async throws {
        let (project, serving) = try ProjectRunner.configuration(ProjectRunner.trimmed(project.project))
        guard let pipeline = project.pipeline else {
            throw MartletError(
                .invalidConfiguration, "the project has no pipeline",
                hint: "add 'pipeline: {}' to martlet.yml and publish: martlet publish")
        }
        let folder = project.publishing.bundleStore.path(version: try await LiveVersion(project).number())
        let bundle = try ServedBundle(folder: folder, configuration: pipeline)
        var check = try ParityCheck(bundle, folder: folder, configuration: pipeline)
        check.tolerance = tolerance
        let (sampledUsers, sampledItems) = (sample(bundle.data.users), sample(bundle.data.items))
        let rows = ParityRows(project)
        for (group, ids) in [(FeatureGroup.user, sampledUsers), (.item, sampledItems)] {
            let found = try rows.rows(group, of: Set(ids), workflow: bundle.data.workflow)
            try check.compareFeatures(group, found)
        }
        try await compareStored(sampledUsers, project, bundle, &check)
        try check.compareScores(users: sampledUsers, wall: Int64(Date().timeIntervalSince1970))
        try compareLogged(project, serving, bundle, &check)
        try finish(check.report)
    }

    /// Evenly spread ids, the most frequent and the untrained among them.
    private func sample(_ entities: Entities) -> [String] {
        let count = min(users, entities.count)
        return (0..<count).map { entities.id($0 * entities.count / count) }
    }

    private func compareStored(
        _ users: [String], _ project: ProjectConfiguration, _ bundle: ServedBundle, _ check: inout ParityCheck
    ) async throws {
        guard let section = project.featureStore, let service = section.requestService else { return }
        let store = FeatureStore(section.definitions, online: try await section.online.open(readOnly: true))
        do {
            let found = try await StoredUserFeatures(store, service: service).features(ofUsers: users)
            let known = zip(users, found).compactMap { id, features in features.map { (id: id, values: $0.values) } }
            try check.compareFeatures(.user, known)
            if known.count < users.count {
                check.note("the feature store knows nothing of \(users.count - known.count) of \(users.count) users")
            }
        } catch {
            await store.online.close()
            throw error
        }
        await store.online.close()
    }

    private func compareLogged(
        _ project: ProjectConfiguration, _ serving: ServingConfiguration, _ bundle: ServedBundle,
        _ check: inout ParityCheck
    ) throws {
        let segments = EventSegment.all(in: serving.impressions?.log.folder ?? "\(project.folder)/impressions")
        guard answers > 0, !segments.isEmpty else { return }
        if project.featureStore?.requestService != nil {
            return check.note(
                "logged scores are not compared: the features that they were made of may have changed since")
        }
        var logged: [LoggedAnswer] = []
        for segment in segments { _ = try segment.readAnswers { logged.append($0) } }
        let wanted = Set(logged.map(\.user))
        var events: [EventRecord] = []
        if let folder = serving.events?.log.folder {
            for segment in EventSegment.all(in: folder) {
                _ = try segment.read { if wanted.contains($0.event.user) { events.append($0) } }
            }
        }
        try check.compare(logged: logged, events: events, most: answers)
    }

    private func finish(_ report: ParityReport) throws {
        var lines: [String] = []
        for kind in ParityReport.Kind.allCases {
            guard let compared = report.compared[kind] else { continue }
            lines.append("\(kind.rawValue): \(compared) compared, \(report.different[kind] ?? 0) differ")
        }
        lines += report.differences.map {
            "  \($0.kind.rawValue) \($0.name), \($0.subject): \($0.trained) in training, \($0.served) at serving"
        }
        lines += report.notes.map { "· \($0)" }
        output.finish(
            lines.joined(separator: "\n") + "\n",
            json: [
                "agrees": .bool(report.agrees),
                "kinds": .object(
                    Dictionary(
                        uniqueKeysWithValues: report.compared.map { kind, count in
                            (
                                kind.rawValue,
                                [
                                    "compared": .integer(Int64(count)),
                                    "different": .integer(Int64(report.different[kind] ?? 0)),
                                ]
                            )
                        })),
                "differences": .array(
                    report.differences.map {
                        [
                            "kind": .string($0.kind.rawValue), "name": .string($0.name), "subject": .string($0.subject),
                            "trained": .string($0.trained), "served": .string($0.served),
                        ]
                    }), "notes": .array(report.notes.map { .string($0) }),
            ])
        guard report.agrees else {
            let count = report.different.values.reduce(0, +)
            throw MartletError(
                .failedCheck, "\(count) of \(report.total) values differ between training and serving",
                hint: "publish again if the tables have changed since; else the names above say where the paths part")
        }
    }
}
