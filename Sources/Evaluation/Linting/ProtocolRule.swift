/// What makes an evaluation say more than it knows, by the name in `martlet.yml`.
public enum ProtocolRule: String, CaseIterable, Sendable, Codable {
    /// The lists change when the judged rows are hidden: the model reads them.
    case readsTheTest = "reads-the-test"
    /// Hits on items that nobody had before the window.
    case impossibleHits = "impossible-hits"
    /// More new choices of users are foreseen than can be.
    case suspiciousScore = "suspicious-score"
    /// Much better on the test than on the window that the model was chosen by.
    case betterThanChosenBy = "better-than-chosen-by"
    /// Encoders, or models, learned from rows of the judged window or later.
    case fittedPastTheSplit = "fitted-past-the-split"
    /// Models or hyperparameters were chosen on the window that judges.
    case chosenOnTheTest = "chosen-on-the-test"
    /// The same window has judged many different versions.
    case testLookedAtOften = "test-looked-at-often"
    /// Models were ranked against different sets of candidates.
    case sampledAgainstFull = "sampled-against-full"
    /// Rows of the judged window repeat rows from just before it.
    case duplicatesAcrossTheSplit = "duplicates-across-the-split"
    /// What is to be found is left out of the lists.
    case unreachableTruth = "unreachable-truth"
    /// A column of the items or users holds figures that come from rows after the split.
    case futureColumn = "future-column"
    /// What is to be foretold is among the features.
    case targetAmongFeatures = "target-among-features"
    /// Lists that break their own contract: items twice, items that were to be left out, scores that are no numbers.
    case brokenLists = "broken-lists"
    /// Too few users to tell models apart.
    case fewUsers = "few-users"

    /// Whether a finding blocks publishing, or is a warning, where the project says nothing.
    public var standard: BehaviourTest.Severity {
        switch self {
        case .readsTheTest, .impossibleHits, .suspiciousScore, .fittedPastTheSplit, .chosenOnTheTest,
            .sampledAgainstFull, .targetAmongFeatures, .brokenLists:
            .stop
        default: .warn
        }
    }
}

/// One thing that is wrong, or smells, in how models were judged.
public struct ProtocolFinding: Codable, Sendable, Equatable {
    /// What was broken.
    public var rule: ProtocolRule
    /// Whether it blocks publishing.
    public var severity: BehaviourTest.Severity
    /// Where: a table's column, a window, a model.
    public var place: String
    /// What was found, in one sentence without a full stop.
    public var message: String
    /// One way to mend it.
    public var hint: String
    /// Ids of up to ten users it shows on.
    public var examples: [String]

    /// Makes a finding.
    public init(
        _ rule: ProtocolRule, severity: BehaviourTest.Severity? = nil, place: String, _ message: String, hint: String,
        examples: [String] = []
    ) {
        self.rule = rule
        self.severity = severity ?? rule.standard
        self.place = place
        self.message = message
        self.hint = hint
        self.examples = examples
    }
}
