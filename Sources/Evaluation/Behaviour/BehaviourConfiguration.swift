import Core

/// Which behaviour tests a project runs, and what must hold for its lists to be published.
///
/// ```yaml
/// tests:
///   personalization: 0.2                          # a threshold; missing it stops publishing
///   coverage: {min: 0.05, severity: warn}         # or stop, report, off
///   recall@12: {min: 0.02}                        # any metric of the evaluation
///   champion: {model: item-cosine, min: 1}        # not surely below what that model of the project reaches
///   slices: {users: [country], items: [price_band], minimum: 50}
///   price: unit_price                             # a column of the items table
///   gini: off
///   protocol: {suspicious-score: warn}            # what the linter's findings lead to
/// ```
public struct BehaviourConfiguration: Sendable {
    /// What one test must keep to.
    public struct Rule: Sendable, Equatable {
        /// The value that must not be passed; nil: there is none.
        public var threshold: Double?
        /// What a test that does not pass leads to.
        public var severity: BehaviourTest.Severity
        /// Whether the project says so, and not the defaults.
        public var isWritten: Bool

        /// Makes a rule.
        public init(_ threshold: Double?, _ severity: BehaviourTest.Severity, isWritten: Bool = true) {
            self.threshold = threshold
            self.severity = severity
            self.isWritten = isWritten
        }
    }

    /// The rule of each test.
    public var rules: [BehaviourTest: Rule]
    /// Thresholds of metrics by name, such as `recall@12`.
    public var metrics: [String: Rule] = [:]
    /// The name of the model that the winner is compared with beside the bestsellers; nil for none.
    public var champion: String?
    /// The columns by which users are sliced beside what is always there; nil takes those of few categories.
    public var userSlices: [String]?
    /// The columns by which items are sliced beside what is always there; nil takes those of few categories.
    public var itemSlices: [String]?
    /// How many users, or pairs, a slice must have to be judged.
    public var minimumChances = 30
    /// The column of the items table that holds prices; nil if none does.
    public var price: String?
    /// How many users or items are looked at by the tests that ask the model again.
    public var sample = 200
    /// What findings of the linter lead to, by rule, where the project wants it otherwise.
    public var protocolSeverities: [String: BehaviourTest.Severity] = [:]

    /// The defaults.
    public init() {
        rules = Dictionary(
            uniqueKeysWithValues: BehaviourTest.allCases.map {
                ($0, Rule($0.standard.threshold, $0.standard.severity, isWritten: false))
            })
    }

    /// Reads `tests:`; an unknown name is reported with the nearest that there is.
    public init(_ fields: inout ConfigurationFields) {
        self.init()
        for test in BehaviourTest.allCases {
            if let rule = Self.rule(test.rawValue, bound: test.bound, test.standard.threshold, &fields, &champion) {
                rules[test] = rule
            }
        }
        for key in fields.keys where RankingMetric(key) != nil {
            var none: String?
            metrics[key] = Self.rule(key, bound: .min, nil, &fields, &none)
        }
        if fields.has("slices") {
            var slices = fields.fields("slices")
            if slices.has("users") { userSlices = slices.strings("users") }
            if slices.has("items") { itemSlices = slices.strings("items") }
            minimumChances = slices.integer("minimum", default: 30, in: 1 ... .max)
            slices.finish()
        }
        price = fields.string("price")
        sample = fields.integer("sample", default: 200, in: 1...100_000)
        var linting = fields.fields("protocol")
        for rule in ProtocolRule.allCases {
            let words = BehaviourTest.Severity.allCases.map(\.rawValue)
            if let word = linting.choice(rule.rawValue, of: words) {
                protocolSeverities[rule.rawValue] = BehaviourTest.Severity(rawValue: word)
            }
        }
        linting.finish()
        if rules[.champion]?.isWritten != true, rules[.stability]?.isWritten == true, champion == nil {
            fields.diagnostics.report(
                "'\(fields.name(of: "stability"))' needs a champion to compare with",
                hint: "add 'champion: {model: …}' with a model of the project", at: fields.location(of: "stability"))
        }
        fields.finish()
    }

    private static func rule(
        _ key: String, bound: BehaviourTest.Bound, _ standard: Double?, _ fields: inout ConfigurationFields,
        _ champion: inout String?
    ) -> Rule? {
        guard let node = fields.node(key) else { return nil }
        let isChampion = key == BehaviourTest.champion.rawValue
        switch node.content {
        case .scalar("off", _), .scalar("false", _): return Rule(nil, .off)
        case .scalar("report", _): return Rule(nil, .report)
        case .scalar where isChampion:
            champion = fields.string(key)
            return Rule(standard, .stop)
        case .scalar:
            return fields.number(key).map { Rule($0, .stop) }
        case .mapping:
            var inner = fields.fields(key)
            if isChampion { champion = inner.required("model", hint: "name a model of the project") }
            let threshold = inner.number(bound.rawValue)
            let word = inner.choice("severity", of: BehaviourTest.Severity.allCases.map(\.rawValue))
            inner.finish()
            return Rule(threshold ?? standard, word.flatMap(BehaviourTest.Severity.init) ?? .stop)
        default:
            fields.report(
                key, "must be a number, 'off', or a mapping", found: node,
                hint: "write \(key): {\(bound.rawValue): \(standard ?? 0.1), severity: warn}")
            return nil
        }
    }

    /// What the results depend on.
    public var json: JSONValue {
        func json(_ rule: Rule) -> JSONValue {
            [
                "threshold": rule.threshold.map { .number($0) } ?? .null, "severity": .string(rule.severity.rawValue),
                "written": .bool(rule.isWritten),
            ]
        }
        var members: [String: JSONValue] = [:]
        for (test, rule) in rules { members[test.rawValue] = json(rule) }
        for (metric, rule) in metrics { members[metric] = json(rule) }
        if case .object(var inner) = members["champion"] ?? .null {
            inner["model"] = champion.map { .string($0) } ?? .null
            members["champion"] = .object(inner)
        }
        func names(_ list: [String]?) -> JSONValue { list.map { .array($0.map { .string($0) }) } ?? .null }
        members["slices"] = [
            "users": names(userSlices), "items": names(itemSlices), "minimum": .integer(Int64(minimumChances)),
        ]
        members["price"] = price.map { .string($0) } ?? .null
        members["sample"] = .integer(Int64(sample))
        members["protocol"] = .object(protocolSeverities.mapValues { .string($0.rawValue) })
        return .object(members)
    }
}
