/// An item with the score of who proposed it; only the order within one source means something.
package struct ScoredItem: Sendable, Equatable {
    package var item: Int32
    package var score: Float

    package init(item: Int32, score: Float) {
        self.item = item
        self.score = score
    }
}

/// Proposes items for the requests of a batch.
package protocol CandidateSource: Sendable {
    /// The word that answers name it by.
    var name: String { get }
    /// Whether it computes in this process and in bounded time. One that does not runs aside, and is left behind when
    /// its share of the request's time is over.
    var isImmediate: Bool { get }

    /// For each request its items, best first, without repetition.
    ///
    /// - Throws: whatever keeps the source from proposing; the answer then names it and does without it.
    func propose(_ batch: RequestBatch) async throws -> [[ScoredItem]]
}
