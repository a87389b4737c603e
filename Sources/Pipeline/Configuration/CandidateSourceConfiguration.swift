import Core
import Models

/// One source of candidates.
public struct CandidateSourceConfiguration: Sendable {
    /// What a source draws on.
    public enum Kind: String, Sendable, CaseIterable {
        /// The user's vector, and the items whose vectors fit it best.
        case tower
        /// The neighbours of what the user met lately.
        case itemItem = "item-item"
        /// What sells lately.
        case trending
        /// What sells at all times.
        case popular
        /// What appeared lately.
        case new
        /// The user's list that was made in batch.
        case list
    }

    /// What it draws on.
    public var kind: Kind
    /// How many items it proposes at most.
    public var take: Int
    /// How many of its items are candidates whatever other sources propose; nil: none in particular.
    public var quota: Int?
    /// How much its ranks count where no model ranks.
    public var weight: Double
    /// The model, for ``Kind/tower``.
    public var model: String?
    /// Whether the query is the mean of the vectors of the user's last items, for ``Kind/tower``.
    public var averages = false
    /// How many of the user's last items are looked at, for ``Kind/itemItem`` and averages.
    public var history = 30
    /// How fast those fade, in seconds.
    public var halfLife = 14 * 86_400.0
    /// How old what is new may be, in seconds.
    public var within = 30 * 86_400.0

    /// The word in `martlet.yml`.
    public var name: String { kind.rawValue }

    /// Makes a source with the kind's defaults.
    public init(_ kind: Kind, take: Int? = nil, quota: Int? = nil, weight: Double = 1, model: String? = nil) {
        self.kind = kind
        self.take = take ?? (kind == .tower || kind == .itemItem ? 100 : 50)
        self.quota = quota
        self.weight = weight
        self.model = model
    }

    /// Reads `sources:`; without it, all that the project's models allow.
    static func list(
        _ fields: inout ConfigurationFields, models: [PipelineConfiguration.ModelName]
    ) -> [CandidateSourceConfiguration] {
        let towers = models.filter { ModelRegistry.queryKinds.contains($0.kind) }.map(\.name)
        guard let entries = StageEntry.list("sources", kinds: Kind.allCases.map(\.rawValue), &fields) else {
            let tower = towers.first.map { [CandidateSourceConfiguration(.tower, model: $0)] } ?? []
            return tower + [.init(.itemItem), .init(.list), .init(.trending)]
        }
        let diagnostics = fields.diagnostics
        if entries.isEmpty {
            diagnostics.report(
                "'\(fields.name(of: "sources"))' is empty", hint: "write 'sources: [item-item, trending]'",
                at: fields.location(of: "sources"))
        }
        var seen: Set<String> = []
        return entries.map { entry in
            if !seen.insert(entry.kind).inserted {
                diagnostics.report("'\(entry.path)' stands twice", hint: "keep one of them", at: entry.location)
            }
            return CandidateSourceConfiguration(entry, diagnostics, towers: towers, models: models)
        }
    }

    private init(
        _ entry: StageEntry, _ diagnostics: Diagnostics, towers: [String],
        models: [PipelineConfiguration.ModelName]
    ) {
        self.init(Kind(rawValue: entry.kind)!)
        var fields = entry.fields(diagnostics)
        take = fields.integer("take", default: take, in: 1...10_000)
        quota = fields.integer("quota", in: 1...10_000)
        weight = fields.number("weight", default: 1, in: 0...1e6)
        if let quota, quota > take {
            fields.diagnostics.report(
                "'\(fields.name(of: "quota"))' is \(quota), but only \(take) items are taken",
                hint: "raise 'take' to at least the quota", at: fields.location(of: "quota"))
        }
        switch kind {
        case .tower:
            let name = PipelineConfiguration.model(
                "model", &fields, fitting: towers, models: models, what: "make vectors of users")
            model = name ?? towers.first
            averages = fields.choice("query", of: ["model", "average"]) == "average"
            history = fields.integer("history", default: history, in: 1...10_000)
            halfLife = fields.duration("half-life", default: halfLife)
            if towers.isEmpty {
                diagnostics.report(
                    "'\(entry.path)' needs a model that makes vectors, and the project trains none",
                    hint: "add one to 'models:', such as 'two-tower: {}'", at: entry.location)
            }
        case .itemItem:
            history = fields.integer("history", default: history, in: 1...10_000)
            halfLife = fields.duration("half-life", default: halfLife)
        case .new: within = fields.duration("within", default: within)
        case .trending, .popular, .list: break
        }
        if halfLife <= 0 {
            diagnostics.report("'\(entry.path).half-life' must be longer than 0", at: fields.location(of: "half-life"))
            halfLife = 86_400
        }
        fields.finish()
    }
}
