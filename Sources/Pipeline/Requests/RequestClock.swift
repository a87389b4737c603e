/// The time that a request has, shared out among its stages: each must have begun by the end of its share, and what one
/// leaves over is the next one's.
package struct RequestClock: Sendable {
    /// A stage of the pipeline.
    package enum Stage: Double {
        // The part of the whole time that has gone when the stage's share ends.
        case features = 0.25
        case sources = 0.5
        case filters = 0.6
        case rank = 0.9
        case rerank = 1.0
    }

    let start: ContinuousClock.Instant
    /// The whole time.
    let total: Duration

    package init(start: ContinuousClock.Instant = .now, seconds: Double) {
        self.start = start
        total = .seconds(seconds)
    }

    /// When the share of `stage` ends.
    func end(of stage: Stage) -> ContinuousClock.Instant { start + total * stage.rawValue }

    /// Whether `stage` must not begin any more.
    func isOver(_ stage: Stage) -> Bool { ContinuousClock.now >= end(of: stage) }
}
