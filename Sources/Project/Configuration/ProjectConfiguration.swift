import Core
import Evaluation
import Features
import FoundationEssentials
import Pipeline
import Warehouse

/// All that `martlet.yml` says, read and checked.
public struct ProjectConfiguration: Sendable {
    /// The name of the project file in its folder.
    public static let fileName = "martlet.yml"

    /// The project's folder.
    public var folder: String
    /// The shop's name; part of the keys in a shared store.
    public var name: String
    /// The seed of everything random.
    public var seed: UInt64
    /// The database that holds the tables.
    public var warehouse: WarehouseConfiguration
    /// The files that are loaded into the warehouse.
    public var sources: [SourceConfiguration]
    /// The SQL that makes interactions, users and items of them.
    public var sql: SQLConfiguration
    /// The roles of the tables' columns, the split, and the features.
    public var dataset: DatasetConfiguration
    /// The features' operators, not fitted yet.
    public var workflow: Workflow
    /// The models, in the file's order.
    public var models: [ModelConfiguration]
    /// How models are judged.
    public var evaluation: EvaluationConfiguration
    /// What must hold of the winner for its lists to be published.
    public var tests: BehaviourConfiguration
    /// What lists are made.
    public var recommendation: RecommendationConfiguration
    /// Where they are published.
    public var publishing: PublishingConfiguration
    /// Where trainings are told of beside the project's own store.
    public var tracking: TrackingConfiguration
    /// The feature store; nil if the project has none.
    public var featureStore: FeatureStoreConfiguration?
    /// The way of a request; nil if the project declares none and serves lists alone.
    public var pipeline: PipelineConfiguration?
    /// The section `serve:` as it stands in the file: the server reads it.
    public var serving: ConfigurationNode
    /// The file as it stands, for `martlet config --resolved`.
    public var file: ConfigurationNode

    /// Where runs and artifacts are kept.
    public var stateFolder: String { "\(folder)/.martlet" }

    /// Where the SQL project lies.
    public var sqlFolder: String { sql.folder.hasPrefix("/") ? sql.folder : "\(folder)/\(sql.folder)" }

    /// Reads the project in `folder`; faults go to `diagnostics`, and reading goes on.
    ///
    /// - Throws: `notFound` if there is no project file, `invalidConfiguration` if it is no YAML.
    public init(folder: String, diagnostics: Diagnostics) throws {
        let path = folder == "." ? Self.fileName : "\(folder)/\(Self.fileName)"
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw MartletError(
                .notFound, "there is no project here: \(path) does not exist",
                hint: "make one with 'martlet init \(folder)', or name its folder with --project")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MartletError(.invalidConfiguration, "\(path) is not UTF-8 text", hint: "save it as UTF-8")
        }
        try self.init(file: ConfigurationNode(yaml: text, file: path), folder: folder, diagnostics: diagnostics)
    }

    /// Reads a project file that is in memory.
    ///
    /// - Throws: `invalidConfiguration` if a part cannot be read at all.
    public init(file: ConfigurationNode, folder: String, diagnostics: Diagnostics) throws {
        self.folder = folder
        self.file = file
        var fields = ConfigurationFields(file, diagnostics: diagnostics)
        name = fields.required("name", hint: "add a line such as 'name: my-shop'")
        seed = UInt64(fields.integer("seed", default: 42, in: 0 ... .max))
        warehouse = fields.nested("warehouse") { WarehouseConfiguration(&$0, projectFolder: folder) }
        sources = fields.named("sources").map { entry in
            var source = ConfigurationFields(entry.value, path: "sources.\(entry.key)", diagnostics: diagnostics)
            return SourceConfiguration(name: entry.key, &source, projectFolder: folder)
        }
        sql = fields.nested("sql") { SQLConfiguration(&$0) }
        dataset = DatasetConfiguration(&fields)
        workflow = Workflow(&fields)
        models = fields.named("models").map { [seed] entry in
            ModelConfiguration(
                name: entry.key, node: entry.value, path: "models.\(entry.key)", seed: seed, diagnostics: diagnostics)
        }
        evaluation = fields.nested("evaluation") { EvaluationConfiguration(&$0) }
        tests = fields.nested("tests") { BehaviourConfiguration(&$0) }
        recommendation = fields.nested("recommend") { RecommendationConfiguration(&$0) }
        publishing = fields.nested("publish") { PublishingConfiguration(&$0, projectFolder: folder) }
        tracking = fields.nested("tracking") { [name] in TrackingConfiguration(&$0, shop: name) }
        if fields.node("feature-store") != nil {
            featureStore = fields.nested("feature-store") { [name] in
                FeatureStoreConfiguration(&$0, projectName: name, projectFolder: folder)
            }
        }
        if fields.has("pipeline") {
            let known = models.map { PipelineConfiguration.ModelName(name: $0.name, kind: $0.kind) }
            pipeline = fields.nested("pipeline") { PipelineConfiguration(&$0, models: known) }
        }
        pipeline?.freshColumns = Set(featureStore?.itemFeatures ?? [])
        serving = fields.node("serve") ?? ConfigurationNode(.mapping([]), location: fields.location)
        checkCategory(fields)
        checkTests(fields)
        if models.isEmpty {
            diagnostics.report(
                "'models' is missing", hint: "add 'models: {popularity: {}, item-cosine: {}, two-tower: {}}'",
                at: fields.location)
        }
        Self.checkName(name, fields: fields)
        fields.finish()
    }

    /// The pipeline's category, and what its filters ask for, must be columns that are known of the items.
    private func checkCategory(_ fields: ConfigurationFields) {
        let known =
            (dataset.items.map { $0.show + [$0.title].compactMap { $0 } } ?? []) + workflow.features(.item).map(\.name)
        let asked =
            (pipeline?.filters.compactMap(\.condition?.column) ?? []) + (pipeline?.rerankers.compactMap(\.column) ?? [])
            + [pipeline?.appeared].compactMap(\.self)
        for column in asked where !known.contains(column) && pipeline?.freshColumns.contains(column) != true {
            fields.diagnostics.report(
                "'pipeline' asks for '\(column)', which is neither shown of the items nor an item feature",
                hint: nearest(to: column, among: known).map { "did you mean '\($0)'?" }
                    ?? "add it to 'items.show'", at: fields.location(of: "pipeline"))
        }
        guard let category = pipeline?.category, !known.contains(category) else { return }
        fields.diagnostics.report(
            "'pipeline.category' names '\(category)', which is neither shown of the items nor an item feature",
            hint: nearest(to: category, among: known).map { "did you mean '\($0)'?" }
                ?? "add it to 'items.show'", at: fields.location(of: "pipeline"))
    }

    /// The tests' champion must be a model, their slices features, and their price needs a table of items.
    private func checkTests(_ fields: ConfigurationFields) {
        let location = fields.location(of: "tests")
        func check(_ name: String, among known: [String], _ place: String, _ kind: String) {
            guard !known.contains(name) else { return }
            fields.diagnostics.report(
                "'tests.\(place)' names '\(name)', which is no \(kind)",
                hint: nearest(to: name, among: known).map { "did you mean '\($0)'?" }
                    ?? (known.isEmpty ? "there is none" : "there are \(known.joined(separator: ", "))"), at: location)
        }
        if let champion = tests.champion {
            check(champion, among: models.map(\.name), "champion", "model of the project")
        }
        for (group, names) in [(FeatureGroup.user, tests.userSlices), (.item, tests.itemSlices)] {
            let known = workflow.features(group).map(\.name)
            for name in names ?? [] {
                check(name, among: known, "slices.\(group.rawValue)s", "\(group.rawValue) feature")
            }
        }
        if tests.price != nil, dataset.items == nil {
            fields.diagnostics.report(
                "'tests.price' needs an items table", hint: "name one under 'items:'", at: location)
        }
        let measured = Set(RankingMetric.all(at: evaluation.ks).map(\.description))
        for metric in tests.metrics.keys.sorted() where !measured.contains(metric) {
            fields.diagnostics.report(
                "'tests.\(metric)' is not measured: 'evaluation.k' is "
                    + evaluation.ks.map { "\($0)" }.joined(separator: ", "),
                hint: "add its length to 'evaluation.k'", at: location)
        }
    }

    private static func checkName(_ name: String, fields: ConfigurationFields) {
        let allowed = name.utf8.allSatisfy { byte in
            (97...122).contains(byte) || (48...57).contains(byte) || byte == 45 || byte == 95
        }
        guard !name.isEmpty, !allowed || name.utf8.count > 64 else { return }
        fields.diagnostics.report(
            "'name' may hold small letters, digits, '-' and '_', at most 64 of them, found '\(name)'",
            at: fields.location(of: "name"))
    }
}

extension ConfigurationFields {
    /// Reads the mapping under `key` with `read`.
    fileprivate mutating func nested<Part>(_ key: String, _ read: (inout ConfigurationFields) -> Part) -> Part {
        var inner = fields(key)
        return read(&inner)
    }
}
