/// What an experiment says.
public struct ExperimentReport: Sendable, Codable {
    /// A variant and what its users did.
    public struct Variant: Sendable, Codable {
        /// Its name.
        public var name: String
        /// The share of the experiment's users that it was promised.
        public var share: Double
        /// Users who were shown an answer of it.
        public var users: Int
        /// Answers.
        public var answers: Int
        /// Items shown.
        public var impressions: Int
        /// The sums of each metric over its users.
        public var metrics: [String: RatioMoments]

        /// Describes a variant.
        public init(
            name: String, share: Double, users: Int = 0, answers: Int = 0, impressions: Int = 0,
            metrics: [String: RatioMoments] = [:]
        ) {
            self.name = name
            self.share = share
            self.users = users
            self.answers = answers
            self.impressions = impressions
            self.metrics = metrics
        }
    }

    /// The experiment's name.
    public var experiment: String
    /// The variants; the first is the control.
    public var variants: [Variant]
    /// The metrics, the one that decides first.
    public var metrics: [String]
    /// Whether the variants have the users that they were promised; nil where it cannot be said.
    public var sampleRatio: SampleRatioCheck?
    /// Every other variant against the control, on each metric.
    public var comparisons: [VariantComparison]
    /// Where two rankers share each list: which is preferred, by each kind of credit.
    public var interleaving: [InterleavingComparison]
    /// What a reader must know.
    public var notes: [String]

    /// Compares each variant with the first.
    ///
    /// - Parameters:
    ///   - metrics: the metrics, the one that decides first.
    ///   - confidence: of the intervals, in (0, 1).
    ///   - tunedFor: the size of experiment that the sequential intervals are made for; see ``ConfidenceSequence``.
    public init(
        experiment: String, variants: [Variant], metrics: [String], confidence: Double = 0.95, tunedFor: Int = 5000,
        notes: [String] = []
    ) {
        self.experiment = experiment
        self.variants = variants
        self.metrics = metrics
        self.notes = notes
        interleaving = []
        sampleRatio = SampleRatioCheck(users: variants.map(\.users), shares: variants.map(\.share))
        let sequence = ConfidenceSequence(alpha: 1 - confidence, tunedFor: tunedFor)
        var found: [VariantComparison] = []
        if let control = variants.first {
            for variant in variants.dropFirst() {
                for metric in metrics {
                    guard let ours = variant.metrics[metric], let theirs = control.metrics[metric] else { continue }
                    found.append(
                        VariantComparison(
                            metric, of: (variant.name, ours), with: (control.name, theirs), confidence: confidence,
                            sequence: sequence))
                }
            }
        }
        for (place, value) in holmAdjusted(found.map(\.pValue)).enumerated() { found[place].adjustedPValue = value }
        comparisons = found
        if let sampleRatio, !sampleRatio.passes {
            self.notes.append(
                "the variants' users do not fit their shares (p = \(small(sampleRatio.pValue))): trust no number here "
                    + "before the reason is found")
        }
    }
}
