import ArgumentParser
import Core
import Foundation
import Project
import Stores
import Warehouse

/// `martlet features apply`
struct FeaturesApply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Hold the declared features against the warehouse and the online store.",
        discussion: """
            The tables and columns must be there and of the declared types, and the store must answer. What was
            materialised of a view whose features have changed is brought anew by the next 'materialize'.

            Example: martlet features apply --project shop
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let access = try FeatureStoreAccess(project)
        let definitions = access.configuration.definitions
        let check = FeatureSourceCheck(connection: try access.connect())
        let diagnostics = Diagnostics()
        for view in definitions.views {
            for fault in try check.columnFaults(view) {
                diagnostics.report(MartletError(.invalidConfiguration, "view '\(view.name)': \(fault)"))
            }
        }
        try diagnostics.throwIfAny()
        try await access.withStore(readOnly: false) { try await $0.online.checkHealth() }
        let memory = try MaterializedViews(stateFolder: access.project.stateFolder)
        let summary = access.configuration.online.summary
        let lines = definitions.views.map { view in
            let end =
                memory.end(of: view, in: summary).map { "materialised up to \($0.text)" } ?? "not materialised yet"
            return "\(view.name): \(view.fields.count) features of \(view.joinKeys.joined(separator: ", ")), "
                + (view.source == nil ? "pushed" : end)
        }
        output.finish(
            lines.joined(separator: "\n") + "\nstore: \(summary)\n",
            json: [
                "project": .string(definitions.project), "store": .string(summary),
                "views": .array(definitions.views.map { .string($0.name) }),
                "services": .array(definitions.services.map { .string($0.name) }),
            ])
    }
}

/// `martlet features materialize`
struct FeaturesMaterialize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "materialize", abstract: "Bring the newest features from the warehouse into the online store.",
        discussion: """
            Without --from, each view goes on where it ended the last time. Rows that are not newer than what the store
            has change nothing.

            Example: martlet features materialize --to 2026-11-24T09:00:00Z
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "This view only; may be given several times.")
    var view: [String] = []
    @Option(help: "Where the range begins (default: where the last run ended).")
    var from: String?
    @Option(help: "Where the range ends (default: now).")
    var to: String?

    func run() async throws {
        let access = try FeatureStoreAccess(project)
        let from = try from.map { try FeatureStoreAccess.moment($0, option: "--from") }
        let to = try to.map { try FeatureStoreAccess.moment($0, option: "--to") } ?? .now
        var memory = try MaterializedViews(stateFolder: access.project.stateFolder)
        let results = try await access.withStore(readOnly: false) { store in
            try await FeatureMaterializer(store, connection: access.connect(), progress: output.progress)
                .run(views: view, from: from, to: to, memory: &memory)
        }
        let lines = results.map {
            "\($0.view): \($0.rows) entities, \($0.count.written) written, \($0.count.skipped) not newer\n"
        }
        output.finish(
            lines.joined(),
            json: [
                "views": .array(
                    results.map { result in
                        [
                            "view": .string(result.view), "from": result.from.map { .string($0.text) } ?? .null,
                            "to": .string(result.to.text), "rows": .integer(Int64(result.rows)),
                            "written": .integer(Int64(result.count.written)),
                            "skipped": .integer(Int64(result.count.skipped)),
                        ]
                    })
            ])
    }
}

/// `martlet features get`
struct FeaturesGet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Read the newest features of entities from the online store.",
        discussion: """
            Example: martlet features get --features user_stats:ctr --entity user_id=77 --entity user_id=78
                     martlet features get --service ranker --entity user_id=77 --entity item_id=0108775015
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "view:feature, or a view for all of its features; may be given several times.")
    var features: [String] = []
    @Option(help: "A feature service, in place of --features.")
    var service: String?
    @Option(help: "joinkey=value; several values of one key are several rows.")
    var entity: [String] = []

    func validate() throws {
        if features.isEmpty == (service == nil) { throw ValidationError("give either --features or --service") }
        if entity.isEmpty { throw ValidationError("say whose features: --entity user_id=77") }
    }

    func run() async throws {
        let access = try FeatureStoreAccess(project)
        let definitions = access.configuration.definitions
        let plan = try FeaturePlan(
            service.map { try definitions.service($0).features } ?? features, of: definitions)
        var values: [String: [FeatureValue]] = [:]
        for text in entity {
            guard let equals = text.firstIndex(of: "=") else {
                throw MartletError(
                    .invalidConfiguration, "--entity must be joinkey=value, found '\(text)'",
                    hint: "write --entity user_id=77")
            }
            let name = String(text[..<equals])
            guard let found = plan.entities.first(where: { $0.joinKey == name }) else {
                throw MartletError(
                    .invalidConfiguration, "the features have no join key '\(name)'",
                    hint: "they need \(plan.entities.map(\.joinKey).joined(separator: ", "))")
            }
            let word = String(text[text.index(after: equals)...])
            let json =
                [.string, .bytes].contains(found.type) ? JSONValue.string(word) : Int64(word).map { .integer($0) }
            values[name, default: []].append(try FeatureValue(json ?? .string(word), as: found.type))
        }
        let given = values
        let answer = try await access.withStore(readOnly: true) { store in
            let answer = try await store.features(plan, entities: given)
            if let failure = answer.failure { throw failure }
            return answer
        }
        let entities = plan.entities.map { (name: $0.joinKey, values: given[$0.joinKey] ?? []) }
        if output.json {
            writeLine(answer.json(entities: entities), to: .standardOutput)
        } else {
            output.finish(Self.text(answer, entities), json: .null)
        }
    }

    private static func text(_ answer: OnlineFeatures, _ entities: [(name: String, values: [FeatureValue])]) -> String {
        var text = ""
        for row in 0..<(entities.first?.values.count ?? 0) {
            text += entities.map { "\($0.name)=\($0.values[row].json)" }.joined(separator: " ") + "\n"
            for column in answer.columns {
                let moment = column.statuses[row] == .notFound ? "" : "  of \(column.timestamps[row].text)"
                text += "  \(column.name): \(column.values[row].json)  \(column.statuses[row].rawValue)\(moment)\n"
            }
        }
        return text
    }
}

/// `martlet features push`
struct FeaturesPush: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Write rows into the online store at once.",
        discussion: """
            The rows are an object of columns, as 'feast serve' takes them; a feature without a column stays as it is.

            Example: echo '{"user_id": [77], "event_timestamp": ["2026-11-24T09:30:00Z"], "ctr": [0.25]}' \\
                     | martlet features push user_stats
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The view's name, or the push source's if it has one.")
    var source: String
    @Option(help: "A file with the rows (default: standard input).")
    var rows: String?

    func run() async throws {
        let access = try FeatureStoreAccess(project)
        let data: Data
        if let rows {
            guard let found = FileManager.default.contents(atPath: rows) else {
                throw MartletError(.notFound, "there is no file \(rows)")
            }
            data = found
        } else {
            data = FileHandle.standardInput.readDataToEndOfFile()
        }
        let columns = try JSONValue(parsing: String(decoding: data, as: UTF8.self), source: rows ?? "standard input")
        let count = try await access.withStore(readOnly: false) { try await $0.push(columns, to: source) }
        output.finish(
            "\(count.written) rows written, \(count.skipped) not newer than what was there\n",
            json: ["written": .integer(Int64(count.written)), "skipped": .integer(Int64(count.skipped))])
    }
}

/// `martlet features validate`
struct FeaturesValidate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check the tables that features come from: types, nulls, twins, freshness.",
        discussion: "Example: martlet features validate --json")
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let access = try FeatureStoreAccess(project)
        let check = FeatureSourceCheck(connection: try access.connect())
        let results = try access.configuration.definitions.views.compactMap { try check.run($0, now: .now) }
        var text = ""
        for result in results {
            text += "\(result.view): \(result.rows) rows, newest \(result.newest?.text ?? "none")\n"
            for fault in result.faults { text += "  fault: \(fault)\n" }
            for remark in result.remarks { text += "  remark: \(remark)\n" }
            for (feature, share) in result.nulls where share > 0 {
                text += "  \(feature): \((share * 1000).rounded() / 10) % without a value\n"
            }
        }
        output.finish(text, json: ["views": .array(results.map(Self.json))])
        let failed = results.filter { !$0.faults.isEmpty }.map(\.view)
        if !failed.isEmpty {
            throw MartletError(
                .failedCheck, "sources with faults: \(failed.joined(separator: ", "))",
                hint: "put the tables right, or what martlet.yml says of them")
        }
    }

    private static func json(_ result: FeatureSourceCheck.Result) -> JSONValue {
        [
            "view": .string(result.view), "rows": .integer(Int64(result.rows)),
            "newest": result.newest.map { .string($0.text) } ?? .null,
            "nulls": .object(Dictionary(result.nulls.map { ($0.feature, .number($0.share)) }) { first, _ in first }),
            "faults": .array(result.faults.map { .string($0) }), "remarks": .array(result.remarks.map { .string($0) }),
        ]
    }
}

/// `martlet features join`
struct FeaturesJoin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Make a training set: features as they were known at each row's moment.",
        discussion: """
            The rows of a table of the warehouse come with the features that were true, known and not too old at each
            row's moment, as a new table.

            Example: martlet features join --entities clicks --timestamp clicked_at --features user_stats --into training
            """)
    @OptionGroup var project: ProjectOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "The table of entities and moments.")
    var entities: String
    @Option(help: "Its column of moments.")
    var timestamp = "event_timestamp"
    @Option(help: "view:feature, or a view for all of its features; may be given several times.")
    var features: [String] = []
    @Option(help: "A feature service, in place of --features.")
    var service: String?
    @Option(help: "The table to make (default: print the SQL and make none).")
    var into: String?

    func validate() throws {
        if features.isEmpty == (service == nil) { throw ValidationError("give either --features or --service") }
    }

    func run() async throws {
        let access = try FeatureStoreAccess(project)
        let definitions = access.configuration.definitions
        let references = try service.map { try definitions.service($0).features } ?? features
        let set = try TrainingSet(
            references, of: definitions, entities: entities, timestamp: timestamp,
            dialect: access.project.warehouse.dialect)
        guard let into else {
            output.finish(set.sql + "\n", json: ["sql": .string(set.sql)])
            return
        }
        let rows = try set.make(into, connection: access.connect())
        output.finish(
            "\(into): \(rows) rows, \(set.names.count) features\n",
            json: ["table": .string(into), "rows": .integer(Int64(rows))])
    }
}
