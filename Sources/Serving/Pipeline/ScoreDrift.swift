import Pipeline
import Synchronization

/// How far the ranking model's best scores have moved from those that the version had when it was published; see
/// ``Pipeline/ScoreDistribution/stabilityIndex(of:)``. Twenty counters, and a lock for an instant an answer.
final class ScoreDrift: Sendable {
    /// How many answers a window holds: what is told covers the last full one and the one that fills.
    static let window = 5000
    /// How many answers there must be before anything is told.
    static let least = 200

    private struct Counts {
        var full: [Int]
        var filling: [Int]
        var answers = 0
    }

    private let expected: ScoreDistribution
    private let counts: Mutex<Counts>

    init(from expected: ScoreDistribution) {
        self.expected = expected
        let none = expected.counts.map { _ in 0 }
        counts = Mutex(Counts(full: none, filling: none))
    }

    /// Notes an answer.
    func record(_ answer: PipelineAnswer) {
        if let score = answer.bestScore { record(score) }
    }

    /// Notes the best score of an answer.
    func record(_ score: Float) {
        guard score.isFinite else { return }
        let bin = expected.bin(of: score)
        counts.withLock { counts in
            counts.filling[bin] += 1
            counts.answers += 1
            guard counts.answers >= Self.window else { return }
            counts.full = counts.filling
            for place in counts.filling.indices { counts.filling[place] = 0 }
            counts.answers = 0
        }
    }

    /// The index of the last answers, and how many they are; no index while there are too few of them.
    var status: (index: Double?, answers: Int) {
        let actual = counts.withLock { counts in zip(counts.full, counts.filling).map { $0 + $1 } }
        let answers = actual.reduce(0, +)
        return (answers < Self.least ? nil : expected.stabilityIndex(of: actual), answers)
    }
}
