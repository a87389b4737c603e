/// How much better one variant does than another on a metric.
public struct VariantComparison: Sendable, Equatable, Codable {
    /// The variant that is compared.
    public var variant: String
    /// What it is compared with.
    public var control: String
    /// The metric.
    public var metric: String
    /// Variant − control, with its interval for one look at a time fixed before.
    public var difference: Interval
    /// The difference as a share of the control's value, with its interval; nil if the control's is 0.
    public var lift: Interval?
    /// The p-value for one look at a time fixed before.
    public var pValue: Double
    /// ``pValue``, raised for the number of comparisons in the report by Holm's rule.
    public var adjustedPValue: Double
    /// Variant − control with the interval that holds at all times; see ``ConfidenceSequence``.
    public var sequential: Interval
    /// The p-value that may be looked at at any time.
    public var sequentialPValue: Double

    /// Compares two variants by their users' sums.
    ///
    /// The variance of the lift T/C − 1 is V(T)/C² + T² V(C)/C⁴ (delta method; the variants' users are different ones).
    ///
    /// - Parameters:
    ///   - variant: the name and the sums of the variant.
    ///   - control: those of what it is compared with.
    ///   - confidence: in (0, 1); the sequence brings its own.
    public init(
        _ metric: String, of variant: (name: String, moments: RatioMoments),
        with control: (name: String, moments: RatioMoments), confidence: Double = 0.95,
        sequence: ConfidenceSequence = ConfidenceSequence()
    ) {
        self.metric = metric
        self.variant = variant.name
        self.control = control.name
        let (treated, base) = (variant.moments.value, control.moments.value)
        let (ours, theirs) = (variant.moments.variance, control.moments.variance)
        let users = variant.moments.users + control.moments.users
        let error = (ours + theirs).squareRoot()
        let z = NormalDistribution.margin(confidence: confidence)
        let found = treated - base
        difference = Interval(value: found, margin: z * error)
        if base > 0 {
            let spread = (ours / (base * base) + treated * treated * theirs / (base * base * base * base)).squareRoot()
            lift = Interval(value: found / base, margin: z * spread)
        }
        pValue =
            error.isFinite
            ? error > 0 ? NormalDistribution.twoSided(found / error) : found == 0 ? 1 : 0 : 1
        adjustedPValue = pValue
        sequential = Interval(value: found, margin: sequence.margin(standardError: error, users: users))
        sequentialPValue = sequence.pValue(estimate: found, standardError: error, users: users)
    }
}

extension Interval {
    /// value ± margin
    init(value: Double, margin: Double) { self.init(value: value, low: value - margin, high: value + margin) }
}
