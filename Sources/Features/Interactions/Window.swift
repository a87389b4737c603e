/// A stretch of time of a dataset.
public enum Window: String, Codable, Sendable, CaseIterable {
    /// What everything is fitted on.
    case train
    /// What models and hyperparameters are chosen by.
    case validation
    /// What the chosen model is judged by, once.
    case test
}
