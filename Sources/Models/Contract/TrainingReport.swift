/// What a training did, for the report and the tracker.
public struct TrainingReport: Codable, Sendable, Equatable {
    /// The model's kind.
    public var model: String
    /// How many interactions were learned from.
    public var interactions: Int
    /// How many passes over the data were made; 1 for a model that counts.
    public var epochs: Int
    /// The pass whose weights were kept, counted from 1.
    public var bestEpoch: Int
    /// What ``validation`` measures, such as `recall@12`; nil if nothing was measured.
    public var validationMetric: String?
    /// The validation metric after each pass.
    public var validation: [Double]
    /// The mean loss of each pass.
    public var loss: [Double]
    /// How long the training took, validation included.
    public var seconds: Double
    /// Rows learned from per second, validation left out.
    public var samplesPerSecond: Double
    /// The most memory the process ever held, in bytes.
    public var peakMemoryBytes: Int

    /// Makes a report.
    public init(
        model: String, interactions: Int, epochs: Int = 1, bestEpoch: Int = 1, validationMetric: String? = nil,
        validation: [Double] = [], loss: [Double] = [], seconds: Double, samplesPerSecond: Double,
        peakMemoryBytes: Int
    ) {
        self.model = model
        self.interactions = interactions
        self.epochs = epochs
        self.bestEpoch = bestEpoch
        self.validationMetric = validationMetric
        self.validation = validation
        self.loss = loss
        self.seconds = seconds
        self.samplesPerSecond = samplesPerSecond
        self.peakMemoryBytes = peakMemoryBytes
    }
}
