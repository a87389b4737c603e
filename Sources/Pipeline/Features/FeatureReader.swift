import Core
import Stores

/// What is known of a user when a request comes.
public struct FreshFeatures: Sendable, Equatable {
    /// The columns of the users table that features are made of, by name; those that are absent count as null.
    public var values: [String: JSONValue]
    /// When they were written, in microseconds since 1970; nil if nobody knows.
    public var time: Int64?

    /// Makes features.
    public init(values: [String: JSONValue], time: Int64? = nil) {
        self.values = values
        self.time = time
    }

    /// How long ago they were written, in seconds; nil if nobody knows.
    package var age: Double? {
        time.map { max(0, Double(FeatureTimestamp.now.microseconds - $0) / 1e6) }
    }
}

/// Reads users' features at request time, from an online store say, once for all requests of a batch.
///
/// They go through the workflow that encoded the training rows, and take the place of the bundle's own in the query
/// tower and in the ranking model. Without a reader, and for a user of whom it knows nothing, the bundle's own stay.
public protocol FeatureReader: Sendable {
    /// Whether reading never waits for anybody, as within one process: then it is done at once, not aside.
    var isImmediate: Bool { get }

    /// The features of each of `users`, in their order; nil for a user of whom nothing is known.
    ///
    /// - Throws: whatever keeps it from reading; the answer then names the stage `features` and does without.
    func features(ofUsers users: [String]) async throws -> [FreshFeatures?]
}

extension FeatureReader {
    /// No: others may be slow.
    public var isImmediate: Bool { false }
}
