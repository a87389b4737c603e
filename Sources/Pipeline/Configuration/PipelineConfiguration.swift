import Core
import Models

/// The way of a request, as `pipeline:` in `martlet.yml` declares it.
///
/// ```yaml
/// pipeline:
///   k: 12
///   deadline-ms: 50
///   category: product_type_name
///   sources:
///     - tower: {model: two-tower, take: 100, quota: 40}
///     - item-item: {take: 100, history: 20, half-life: 14d}
///     - trending
///     - list
///   merge: {limit: 200}
///   filters: [bought: {within: 1d}, blocked: {items: ["0108775015"]}]
///   rank: {model: dlrm}
///   rerank: [mmr: {weight: 0.3}, category-cap: {most: 3}]
/// ```
///
/// All keys have defaults, so `pipeline: {}` is a pipeline.
public struct PipelineConfiguration: Sendable {
    /// A model of the project.
    public struct ModelName: Sendable {
        /// The name in `martlet.yml`.
        public var name: String
        /// Its kind.
        public var kind: String

        /// Names a model.
        public init(name: String, kind: String) {
            self.name = name
            self.kind = kind
        }
    }

    /// How many items an answer has if the request does not say.
    public var k = 12
    /// How long a request may take, in seconds.
    public var deadline = 0.05
    /// The column that tells an item's category: one of `items.show`, or a categorical item feature.
    public var category: String?
    /// The column that tells since when an item is there, a date: one of `items.show`; nil: its first sale tells.
    public var appeared: String?
    /// Where candidates come from.
    public var sources: [CandidateSourceConfiguration] = []
    /// The most candidates that are ranked.
    public var candidates = 200
    /// Which candidates are dropped, in order.
    public var filters: [FilterConfiguration] = []
    /// The model that ranks; nil: candidates stand in the order of their sources' ranks.
    public var ranker: String?
    /// The features of items that are read when a request comes, by which conditions on columns of these names are asked.
    public var freshColumns: Set<String> = []
    /// What changes the order afterwards, in order.
    public var rerankers: [RerankConfiguration] = []
    /// The most requests that are answered together.
    public var batch = 16
    /// Which index the vectors are searched by.
    public var index = IndexConfiguration()
    /// How many of a user's last items a bundle keeps.
    public var historyLength = 200
    /// How many neighbours of an item a bundle keeps.
    public var neighbors = 100
    /// How fast what trends is forgotten, in seconds.
    public var trendHalfLife = 7 * 86_400.0
    /// The experiments, and the pipelines of their variants.
    public var plan = ExperimentPlan()

    /// The model whose vectors are searched, if a source does, of this pipeline or of a variant.
    public var tower: String? { ([self] + plan.all).lazy.flatMap(\.sources).compactMap(\.model).first }
    /// The models that rank, in this pipeline or in a variant, each once.
    public var rankers: [String] {
        let names = ([self] + plan.all).compactMap(\.ranker)
        return names.enumerated().filter { names.firstIndex(of: $0.element) == $0.offset }.map(\.element)
    }
    /// The temperature at which the order is drawn; nil if it is not.
    var temperature: Double? {
        for case .explore(let temperature, _) in rerankers { return temperature }
        return nil
    }

    /// Reads the section; faults go to the fields' diagnostics, all of them.
    ///
    /// - Parameter models: the project's models, in its order.
    public init(_ fields: inout ConfigurationFields, models: [ModelName]) {
        let experiments = ExperimentConfiguration.list(&fields)
        let section = fields
        self.init(section: &fields, models: models)
        plan = ExperimentPlan(experiments, section: section) { node, path, diagnostics in
            var fields = ConfigurationFields(node, path: path, diagnostics: diagnostics)
            return PipelineConfiguration(section: &fields, models: models)
        }
        checkTowers(section)
    }

    /// A bundle holds one index: all pipelines search the same model's vectors.
    private func checkTowers(_ fields: ConfigurationFields) {
        let names = Set(([self] + plan.all).flatMap(\.sources).compactMap(\.model))
        guard names.count > 1 else { return }
        fields.diagnostics.report(
            "'\(fields.name(of: "experiments"))' would search the vectors of \(names.sorted().joined(separator: " and ")), "
                + "but a bundle holds one model's", hint: "name one model in all sources 'tower'",
            at: fields.location(of: "experiments"))
    }

    /// Reads a section without its experiments.
    private init(section fields: inout ConfigurationFields, models: [ModelName]) {
        k = fields.integer("k", default: k, in: 1...1000)
        deadline = Double(fields.integer("deadline-ms", default: 50, in: 1...60_000)) / 1000
        category = fields.string("category")
        appeared = fields.string("appeared")
        batch = fields.integer("batch", default: batch, in: 1...256)
        historyLength = fields.integer("history-length", default: historyLength, in: 1...10_000)
        neighbors = fields.integer("neighbors", default: neighbors, in: 1...10_000)
        trendHalfLife = fields.duration("trend-half-life", default: trendHalfLife)
        if trendHalfLife <= 0 {
            fields.diagnostics.report(
                "'\(fields.name(of: "trend-half-life"))' must be longer than 0",
                at: fields.location(of: "trend-half-life"))
            trendHalfLife = 86_400
        }
        index = IndexConfiguration(&fields)
        sources = CandidateSourceConfiguration.list(&fields, models: models)
        var merge = fields.fields("merge")
        candidates = merge.integer("limit", default: candidates, in: 1...10_000)
        merge.finish()
        let promised = sources.reduce(0) { $0 + ($1.quota ?? 0) }
        if promised > candidates {
            fields.diagnostics.report(
                "the quotas of '\(fields.name(of: "sources"))' add up to \(promised), more than the \(candidates) "
                    + "candidates of '\(fields.name(of: "merge")).limit'", hint: "lower a quota, or raise the limit",
                at: fields.location(of: "sources"))
        }
        filters = FilterConfiguration.list(&fields)
        ranker = Self.ranker(&fields, models: models)
        rerankers = RerankConfiguration.list(&fields)
        let needing = (filters.filter(\.needsCategory).map(\.word) + rerankers.filter(\.needsCategory).map(\.word))
        if category == nil, let word = needing.first {
            fields.diagnostics.report(
                "'\(word)' needs to know an item's category",
                hint: "name the column under '\(fields.name(of: "category"))'", at: fields.location)
        }
        fields.finish()
    }

    /// `rank: {model: dlrm}`, `rank: none`; the project's first ranking model if absent.
    private static func ranker(_ fields: inout ConfigurationFields, models: [ModelName]) -> String? {
        let fitting = models.filter { ModelRegistry.rankingKinds.contains($0.kind) }.map(\.name)
        guard let node = fields.node("rank") else { return fitting.first }
        if case .scalar("none", _) = node.content { return nil }
        var rank = fields.fields("rank")
        let name = model("model", &rank, fitting: fitting, models: models, what: "ranks")
        rank.finish()
        if name == nil, fitting.isEmpty {
            rank.diagnostics.report(
                "'\(fields.name(of: "rank"))' needs a model that ranks, and the project trains none",
                hint: "add one to 'models:', such as 'dlrm: {}', or write 'rank: none'", at: node.location)
        }
        return name ?? fitting.first
    }

    /// The model named under `key`, which must be one of `fitting`.
    static func model(
        _ key: String, _ fields: inout ConfigurationFields, fitting: [String], models: [ModelName], what: String
    ) -> String? {
        guard let name = fields.string(key) else { return nil }
        if fitting.contains(name) { return name }
        let known = models.first { $0.name == name }
        fields.diagnostics.report(
            known.map {
                "'\(fields.name(of: key))': the model '\(name)' is of kind '\($0.kind)', which does not \(what == "ranks" ? "rank" : what)"
            }
                ?? "'\(fields.name(of: key))': the project trains no model '\(name)'",
            hint: known == nil
                ? nearest(to: name, among: fitting).map { "did you mean '\($0)'?" }
                : fitting.isEmpty ? nil : "take one of \(fitting.joined(separator: ", "))",
            at: fields.location(of: key))
        return nil
    }

    /// What a bundle depends on: a change of anything else needs no new one.
    public var bundleParameters: JSONValue {
        [
            "tower": tower.map { .string($0) } ?? .null, "ranker": ranker.map { .string($0) } ?? .null,
            "category": category.map { .string($0) } ?? .null, "history-length": .integer(Int64(historyLength)),
            "neighbors": .integer(Int64(neighbors)), "trend-half-life": .number(trendHalfLife),
            "appeared": appeared.map { .string($0) } ?? .null, "index": index.json,
            "searched": .integer(Int64(sources.first { $0.kind == .tower }?.take ?? 0)),
        ]
    }
}
