import CKernels
import Core
import Models
import Testing

/// One step of each loss on pairs against finite differences in double precision: with SGD, a step is the gradient.
@Suite struct PairStepTests {
    struct Subject: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var loss: UInt32
        var hasBias = false
        var weight: Float = 1
        var decay: Float = 0
        /// Negatives are drawn from these, and how many of them.
        var candidates: [Int32] = [3]
        var draws: Int32 = 1
    }

    static let subjects = [
        Subject(testDescription: "BPR", loss: MARTLET_BPR.rawValue),
        Subject(
            testDescription: "BPR, bias, weight, decay", loss: MARTLET_BPR.rawValue, hasBias: true, weight: 1.5,
            decay: 0.3),
        Subject(testDescription: "BPR, decay", loss: MARTLET_BPR.rawValue, decay: 0.3),
        // So many draws that the hardest of the four is among them.
        Subject(
            testDescription: "BPR, the hardest of several", loss: MARTLET_BPR.rawValue, hasBias: true,
            candidates: [0, 2, 3, 5], draws: 64),
        Subject(testDescription: "WARP, bias", loss: MARTLET_WARP.rawValue, hasBias: true),
        Subject(testDescription: "cross-entropy, weight", loss: MARTLET_BCE.rawValue, hasBias: true, weight: 0.7),
    ]

    // Item 3 is mostly the only candidate for a negative; the user has item 1. WARP meets it at the first trial, so that
    // the estimated rank is N − 1.
    private static let (width, itemCount, rate) = (19, 6, Float(1e-3))

    @Test(arguments: subjects) func aStepIsTheGradient(_ subject: Subject) {
        var random = RandomSource(seed: 4)
        let count = Self.width * (1 + Self.itemCount) + Self.itemCount
        let before = (0..<count).map { _ in Float(random.normal() * 0.4) }
        var after = before
        let loss = Self.run(subject, &after)
        var numbers = before.map(Double.init)
        #expect(abs(loss - Self.reference(subject, numbers)) < 2e-4)
        for index in numbers.indices {
            let old = numbers[index]
            numbers[index] = old + 1e-6
            let above = Self.reference(subject, numbers)
            numbers[index] = old - 1e-6
            let below = Self.reference(subject, numbers)
            numbers[index] = old
            var expected = (above - below) / 2e-6
            let isTouched = expected != 0
            if isTouched { expected += Double(subject.decay) * old }
            let found = Double(before[index] - after[index]) / Double(Self.rate)
            // Cross-entropy takes its two items one after the other, the second from where the first led to.
            #expect(abs(found - expected) < 2e-3 + 5e-3 * abs(expected), "\(index): \(found), expected \(expected)")
        }
    }

    /// Users, items and biases, one after the other.
    private static func run(_ subject: Subject, _ numbers: inout [Float]) -> Double {
        numbers.withUnsafeMutableBufferPointer { numbers in
            let (users, items) = (numbers.baseAddress!, numbers.baseAddress! + width)
            var order = [UInt64](repeating: 0, count: 2)
            let (offsets, pairItems, weights): ([Int64], [Int32], [Float]) = ([0, 1], [1], [subject.weight])
            let (parts, candidates) = ([Int32](repeating: 0, count: itemCount), subject.candidates)
            var job = martlet_pairs_job()
            (job.users, job.items) = (users, items)
            job.bias = subject.hasBias ? items + width * itemCount : nil
            // SGD remembers nothing, but pointers to bias states are moved on.
            (job.bias_first, job.bias_second) = (items, items)
            (job.user_first, job.user_second, job.item_first, job.item_second) = (items, items, items, items)
            (job.width, job.item_count, job.candidate_count) = (width, itemCount, candidates.count)
            (job.first_user, job.last_user, job.part, job.seed) = (0, 1, 0, 1)
            (job.loss, job.rule) = (martlet_pair_loss(rawValue: subject.loss), MARTLET_SGD)
            (job.rate, job.decay, job.negatives) = (rate, subject.decay, subject.draws)
            return offsets.withUnsafeBufferPointer { offsets in
                pairItems.withUnsafeBufferPointer { pairItems in
                    weights.withUnsafeBufferPointer { weights in
                        parts.withUnsafeBufferPointer { parts in
                            candidates.withUnsafeBufferPointer { candidates in
                                order.withUnsafeMutableBufferPointer { order in
                                    job.offsets = offsets.baseAddress
                                    job.pair_items = pairItems.baseAddress
                                    // Without weights losses are added up in another way.
                                    job.pair_weights = subject.weight == 1 ? nil : weights.baseAddress
                                    job.part_of_item = parts.baseAddress
                                    job.candidates = candidates.baseAddress
                                    job.order = order.baseAddress
                                    return martlet_pairs(&job)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private static func reference(_ subject: Subject, _ numbers: [Double]) -> Double {
        func score(_ item: Int) -> Double {
            (0..<width).reduce(subject.hasBias ? numbers[width * (1 + itemCount) + item] : 0) {
                $0 + numbers[$1] * numbers[width * (1 + item) + $1]
            }
        }
        func softplus(_ x: Double) -> Double { Reference.log(1 + Reference.exp(x)) }
        let (i, j) = (score(1), subject.candidates.map { score(Int($0)) }.max()!)
        let loss: Double
        switch martlet_pair_loss(rawValue: subject.loss) {
        case MARTLET_WARP: loss = Reference.log(Double(itemCount - 1)) * max(0, 1 - i + j)
        case MARTLET_BCE: loss = softplus(-i) + softplus(j)
        default: loss = softplus(j - i)
        }
        return Double(subject.weight) * loss
    }
}
