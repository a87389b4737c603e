import CKernels
import Core
import Tensor

/// Trains on one pair after the other: BPR, WARP and binary cross-entropy.
///
/// Threads never touch the same row: users are cut into as many parts as there are threads, items likewise and anew
/// every epoch, and an epoch is as many rounds as there are threads, in each of which every thread has its own users
/// and another part of the items. A pair's negatives are drawn from the part of its item, which over the epochs is from
/// all items. So a training repeats exactly for a seed and a number of threads, without a lock.
///
/// Source: Gemulla et al., "Large-Scale Matrix Factorization with Distributed Stochastic Gradient Descent" (2011).
struct PairwiseTrainer: FactorTrainer {
    let parameters: Parameters
    var optimizer: Optimizer
    private let settings: MatrixFactorizationHyperparameters
    private let pairs: InteractionPairs
    private let threads: Int
    private let seed: UInt64
    /// Where each thread's users begin; `threads + 1` numbers.
    private let cuts: [Int]
    private let orders: [PairOrder]
    /// How often each item stands among the candidates for a negative.
    private let multiplicities: [Int]

    init(
        _ pairs: InteractionPairs, _ settings: MatrixFactorizationHyperparameters, seed: UInt64, threads: Int
    ) throws {
        self.pairs = pairs
        self.settings = settings
        self.threads = threads
        self.seed = seed
        var random = RandomSource(seed: seed, stream: 1)
        var parameters = Parameters()
        for (name, rows) in [("users", pairs.userCount), ("items", pairs.itemCount)] {
            _ = parameters.add(name, rows: rows, columns: settings.dimension, isTable: true)
        }
        try settings.start.fill(
            parameters, pairs, deviation: settings.initialDeviation, random: &random, seed: seed, threads: threads)
        if settings.hasItemBias { _ = parameters.add("item-bias", rows: pairs.itemCount, columns: 1, isTable: true) }
        self.parameters = parameters
        optimizer = Optimizer(settings.optimizer, parameters, threads: threads)
        cuts = (0...threads).map { part in
            part == threads
                ? pairs.userCount : pairs.offsets.firstIndex { $0 >= Int64(pairs.count * part / threads) } ?? 0
        }
        orders = zip(cuts, cuts.dropFirst()).map { PairOrder(capacity: Int(pairs.offsets[$1] - pairs.offsets[$0])) }
        let exponent = settings.negatives == .popularity ? settings.negativeExponent : 0
        multiplicities = pairs.counts.map { $0 == 0 ? 0 : max(1, Int(power(Double($0), exponent).rounded())) }
    }

    var sampleCount: Int { pairs.count }

    mutating func epoch(
        _ number: Int, rate: (Double) -> Double, progress: (Int) throws -> Void
    ) throws -> Double {
        let part = partition(epoch: number)
        let candidates = candidates(part)
        var sum = 0.0
        for round in 0..<threads {
            try progress(pairs.count * round / threads)
            sum += self.round(
                round, epoch: number, part, candidates,
                rate: settings.learningRate * rate(Double(round) / Double(threads)))
            guard sum.isFinite else { break }
        }
        optimizer.step += pairs.count
        return sum / Double(pairs.count)
    }

    func vectors(_ parameters: Parameters) -> (users: Matrix, items: Matrix, bias: [Float]?) {
        (parameters[0], parameters[1], settings.hasItemBias ? Array(parameters[2].values) : nil)
    }

    /// Each item's part in an epoch.
    private func partition(epoch: Int) -> [Int32] {
        guard threads > 1 else { return [Int32](repeating: 0, count: pairs.itemCount) }
        var random = RandomSource(seed: seed, stream: 2_000_000 + UInt64(epoch))
        return (0..<pairs.itemCount).map { _ in Int32(random.index(below: threads)) }
    }

    /// The items of each part, each as often as it stands among the candidates.
    private func candidates(_ part: [Int32]) -> [[Int32]] {
        (0..<Int32(threads)).map { own in
            var count = 0
            for item in part.indices where part[item] == own { count += multiplicities[item] }
            return [Int32](unsafeUninitializedCapacity: count) { list, filled in
                for item in part.indices where part[item] == own {
                    for place in filled..<filled + multiplicities[item] { list[place] = Int32(item) }
                    filled += multiplicities[item]
                }
            }
        }
    }

    private func round(
        _ round: Int, epoch: Int, _ part: [Int32], _ candidates: [[Int32]], rate: Double
    ) -> Double {
        var losses = [Double](repeating: 0, count: threads)
        let trainer = self
        losses.withUnsafeMutableBufferPointer { losses in
            nonisolated(unsafe) let losses = losses
            parallelFor(threads, grain: 1, threads: threads) { workers, _ in
                for worker in workers {
                    let own = (worker + round) % trainer.threads
                    losses[worker] = trainer.work(
                        worker, part: own, of: part, candidates[own],
                        seed: RandomSource.word(trainer.seed, stream: epoch << 20 | round << 10 | worker),
                        rate: rate)
                }
            }
        }
        return losses.reduce(0, +)
    }

    private func work(
        _ worker: Int, part: Int, of parts: [Int32], _ candidates: [Int32], seed: UInt64, rate: Double
    ) -> Double {
        // A part without items has no pairs either.
        guard !candidates.isEmpty else { return 0 }
        let (users, items) = (parameters[0], parameters[1])
        let (order, first, second) = (orders[worker], optimizer.first, optimizer.second)
        return pairs.weights.withOptionalPointer { weights in
            pairs.offsets.withUnsafeBufferPointer { offsets in
                pairs.items.withUnsafeBufferPointer { pairItems in
                    parts.withUnsafeBufferPointer { parts in
                        candidates.withUnsafeBufferPointer { candidates in
                            var job = martlet_pairs_job()
                            (job.users, job.items) = (users.pointer, items.pointer)
                            (job.user_first, job.user_second) = (
                                optimizer.first[0].pointer, optimizer.second[0].pointer
                            )
                            (job.item_first, job.item_second) = (
                                optimizer.first[1].pointer, optimizer.second[1].pointer
                            )
                            if settings.hasItemBias {
                                job.bias = parameters[2].pointer
                                (job.bias_first, job.bias_second) = (first[2].pointer, second[2].pointer)
                            }
                            job.width = settings.dimension
                            (job.offsets, job.pair_items) = (offsets.baseAddress, pairItems.baseAddress)
                            job.pair_weights = weights
                            (job.first_user, job.last_user) = (cuts[worker], cuts[worker + 1])
                            (job.part_of_item, job.part) = (parts.baseAddress, Int32(part))
                            (job.candidates, job.candidate_count) = (candidates.baseAddress, candidates.count)
                            job.item_count = pairs.itemCount
                            job.order = order.pairs
                            job.seed = seed
                            job.loss = settings.loss.kernel
                            job.rule = settings.optimizer.kernel
                            (job.rate, job.decay) = (Float(rate), Float(settings.l2))
                            job.negatives = Int32(settings.triedNegatives)
                            return martlet_pairs(&job)
                        }
                    }
                }
            }
        }
    }
}

/// Room for one thread's pairs in random order.
private final class PairOrder: @unchecked Sendable {
    // Sendable: each object belongs to one thread of a round; rounds come one after the other.

    let pairs: UnsafeMutablePointer<UInt64>

    init(capacity: Int) {
        pairs = .allocate(capacity: max(capacity, 1))
        pairs.initialize(repeating: 0, count: max(capacity, 1))
    }

    deinit { pairs.deallocate() }
}

extension RandomSource {
    /// One word that depends on a seed and a stream.
    static func word(_ seed: UInt64, stream: Int) -> UInt64 {
        var random = RandomSource(seed: seed, stream: 3_000_000_000 + UInt64(stream))
        return random.next()
    }
}

extension Parameters {
    /// Sets the rows of the first matrix that belong to users without pairs to zeros: nothing is known of them.
    func clearUsers(without pairs: InteractionPairs) {
        for user in 0..<pairs.userCount where pairs.range(user).isEmpty { self[0].row(user).update(repeating: 0) }
    }
}

extension FactorLoss {
    fileprivate var kernel: martlet_pair_loss {
        switch self {
        case .warp: MARTLET_WARP
        case .bce: MARTLET_BCE
        default: MARTLET_BPR
        }
    }
}

extension Optimizer.Rule {
    fileprivate var kernel: martlet_rule {
        switch self {
        case .sgd: MARTLET_SGD
        case .adagrad: MARTLET_ADAGRAD
        case .adagradFull: MARTLET_ADAGRAD_FULL
        case .adam: MARTLET_ADAM
        }
    }
}
