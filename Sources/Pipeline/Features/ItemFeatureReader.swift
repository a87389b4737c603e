import Stores

/// Reads items' features at request time, from an online store say: what changes faster than bundles are published, such
/// as stock and price.
///
/// All candidates of a batch are read in one go. A feature that the store does not know, or whose value is past its time
/// to live, is missing: a condition says what that means for it, and the ranking model keeps the bundle's own.
public protocol ItemFeatureReader: Sendable {
    /// The names of the features.
    var names: [String] { get }

    /// Whether reading never waits for anybody, as within one process: then it is done at once, not aside.
    var isImmediate: Bool { get }

    /// Tells when features change: what was read is then kept until it does. Nil: everything is read for every request.
    var changes: ItemFeatureChanges? { get }

    /// The features of items, a row for each id in order.
    ///
    /// - Throws: whatever keeps it from reading; the answer then names the stage `item-features` and does without.
    func features(ofItems items: [String]) async throws -> OnlineFeatures
}

extension ItemFeatureReader {
    /// No: others may be slow.
    public var isImmediate: Bool { false }

    /// Nothing is known of changes.
    public var changes: ItemFeatureChanges? { nil }
}
