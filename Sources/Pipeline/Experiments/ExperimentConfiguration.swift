import Core

/// An experiment on the pipeline, as `pipeline.experiments` in `martlet.yml` declares it.
///
/// ```yaml
/// pipeline:
///   rank: {model: dlrm}
///   experiments:
///     diversity:                    # the first variant is the control
///       share: 0.5                  # of the users; default: all
///       group: page                 # no user is in two experiments of a group
///       metric: clicks              # what decides; also window: 1d, users: 5000
///       variants:
///         as-is: {share: 0.5}
///         mixed: {share: 0.5, rerank: [mmr: {weight: 0.3}]}
///     rankers:
///       kind: interleave            # each list holds items of both, drawn by team draft
///       variants: {dlrm: {}, dcn: {rank: {model: dcn-v2}}}
///     newcomer:
///       kind: shadow                # computed beside the answer and never shown
///       variants: {explorer: {rerank: [explore: {temperature: 0.2}]}}
/// ```
///
/// Beside its share, a variant holds keys of the pipeline, each of which takes the place of the pipeline's own.
public struct ExperimentConfiguration: Sendable {
    /// What becomes of the variants' answers.
    public enum Kind: String, Sendable, CaseIterable {
        /// Each user is answered by one of the variants.
        case split
        /// Two variants share each answer.
        case interleave
        /// The variant is computed beside what is shown.
        case shadow
    }

    /// One way of answering.
    public struct Variant: Sendable {
        /// Its name.
        public var name: String
        /// Its share of the experiment's users, in 0…1; all shares add up to 1.
        public var share: Double
        /// The keys of the pipeline that it sets.
        let overrides: [(key: String, location: SourceLocation, value: ConfigurationNode)]
    }

    /// What a shop may count for a decision.
    public enum Metric: String, Sendable, CaseIterable {
        /// Clicks on shown items, an item shown.
        case clicks
        /// Purchases of shown items, an item shown.
        case purchases
        /// Users who bought an item that they were shown.
        case buyers
        /// Purchases of any items since the first answer, a user.
        case orders
    }

    /// Its name.
    public var name: String
    /// What becomes of the answers.
    public var kind: Kind
    /// The share of all users who take part, in 0…1.
    public var share: Double
    /// Experiments of one group never share a user; nil: it is in none.
    public var group: String?
    /// What users are hashed with: another text draws the users anew.
    public var salt: String
    /// The variants; the first is the control.
    public var variants: [Variant]
    /// What decides.
    public var metric: Metric
    /// How long after an item was shown a deed counts for it, in seconds.
    public var window: Double
    /// The number of users that the sequential test is made for.
    public var users: Int

    /// The keys of the pipeline that a variant may set.
    static let keys = ["k", "deadline-ms", "sources", "merge", "filters", "rank", "rerank"]

    /// Where the experiment stands, for messages.
    let location: SourceLocation

    /// The keys that any of its variants sets.
    var changed: Set<String> { Set(variants.flatMap { $0.overrides.map(\.key) }) }

    /// Reads `experiments:`; none without it.
    static func list(_ fields: inout ConfigurationFields) -> [ExperimentConfiguration] {
        let path = fields.name(of: "experiments")
        return fields.named("experiments").map { entry in
            var inner = ConfigurationFields(
                entry.value, path: "\(path).\(entry.key)", diagnostics: fields.diagnostics)
            return ExperimentConfiguration(entry.key, at: entry.location, &inner)
        }
    }

    private init(_ name: String, at location: SourceLocation, _ fields: inout ConfigurationFields) {
        self.name = name
        self.location = location
        Self.check(name, what: "an experiment", at: location, fields.diagnostics)
        kind = fields.choice("kind", of: Kind.allCases.map(\.rawValue)).flatMap(Kind.init) ?? .split
        share = fields.number("share", default: 1, in: 0...1)
        group = fields.string("group")
        salt = fields.string("salt", default: name)
        metric = fields.choice("metric", of: Metric.allCases.map(\.rawValue)).flatMap(Metric.init) ?? .clicks
        window = fields.duration("window", default: 86_400)
        users = fields.integer("users", default: 5000, in: 100...1_000_000_000)
        variants = Self.variants(&fields, kind: kind)
        if kind == .shadow, let group {
            fields.diagnostics.report(
                "'\(fields.name(of: "group"))' is '\(group)', but a shadow shows its users nothing",
                hint: "leave 'group' out", at: fields.location(of: "group"))
        }
        fields.finish()
    }

    private static func variants(_ fields: inout ConfigurationFields, kind: Kind) -> [Variant] {
        let path = fields.name(of: "variants")
        let diagnostics = fields.diagnostics
        let entries = fields.named("variants")
        let wanted = kind == .split ? 2...100 : kind == .interleave ? 2...2 : 1...1
        if !wanted.contains(entries.count) {
            let count = wanted.count == 1 ? "\(wanted.lowerBound)" : "\(wanted.lowerBound) to \(wanted.upperBound)"
            diagnostics.report(
                "'\(path)' names \(entries.count) variants, but '\(kind.rawValue)' needs \(count)",
                hint: kind == .split
                    ? "write 'variants: {control: {}, new: {rerank: […]}}'"
                    : "see the kinds split, interleave and shadow",
                at: fields.location(of: "variants"))
        }
        var shares: [Double?] = []
        var variants = entries.map { entry in
            check(entry.key, what: "a variant", at: entry.location, diagnostics)
            var inner = ConfigurationFields(entry.value, path: "\(path).\(entry.key)", diagnostics: diagnostics)
            let share = inner.number("share", in: 0...1)
            if let share, kind != .split || share == 0 {
                diagnostics.report(
                    "'\(inner.name(of: "share"))' must be left out or above 0: only variants of a split have shares",
                    at: inner.location(of: "share"))
            }
            shares.append(share)
            let overrides = keys.compactMap { key in
                inner.has(key)
                    ? (
                        key: key, location: inner.location(of: key),
                        value: inner.node(key) ?? ConfigurationNode(.mapping([]), location: inner.location)
                    ) : nil
            }
            inner.finish()
            return Variant(name: entry.key, share: share ?? 1 / Double(entries.count), overrides: overrides)
        }
        let given = shares.compactMap { $0 }
        let sum = given.reduce(0, +)
        if kind == .split, !given.isEmpty, given.count < shares.count || abs(sum - 1) > 1e-9 {
            diagnostics.report(
                given.count < shares.count
                    ? "'\(path)' gives some variants a share and others none"
                    : "the shares of '\(path)' add up to \(sum)",
                hint: "give all of them a share, together 1, or none; 'share' of the experiment says who takes part",
                at: fields.location(of: "variants"))
            for place in variants.indices { variants[place].share = 1 / Double(variants.count) }
        }
        return variants
    }

    /// Names go into metrics, logs and answers.
    private static func check(_ name: String, what: String, at location: SourceLocation, _ diagnostics: Diagnostics) {
        let isFit = name.utf8.allSatisfy { byte in
            (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte) || byte == 45
                || byte == 95
        }
        guard !isFit || name.isEmpty || name.utf8.count > 64 else { return }
        diagnostics.report(
            "the name of \(what) may hold letters, digits, '-' and '_', at most 64 of them, found '\(name)'",
            at: location)
    }
}
