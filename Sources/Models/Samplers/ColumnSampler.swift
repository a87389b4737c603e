import Core
import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Draws the items that stand for all items in a batch's softmax.
///
/// n draws from q: an item that came t times stands for t / (n · q) items, so that with log(t / (n · q)) added to its
/// logit the sum over the items drawn is an unbiased estimate of the sum over all (logQ correction).
///
/// Source: Yi et al., "Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations" (2019).
package struct ColumnSampler: Sendable {
    /// What stands for all items: the items, rising, and what is added to the logit of each.
    package struct Draw: Sendable {
        package var items: [Int32]
        package var offsets: [Float]
    }

    private let negatives: Negatives
    private let pairs: InteractionPairs
    private let count: Int
    private let queueSize: Int
    private let trained: [Int32]
    /// q of one draw from the items' own distribution, `N` numbers.
    private let shares: [Double]
    private let cumulative: [Double]
    private var queue: [Int32] = []
    private var tally: [Int32]

    /// Prepares to draw.
    ///
    /// - Parameters:
    ///   - count: how many draws a batch makes.
    ///   - exponent: the power of an item's count that ``Negatives/popularity`` draws by.
    ///   - queueSize: how many draws of earlier batches count on with ``Negatives/queue``.
    package init(_ negatives: Negatives, _ pairs: InteractionPairs, count: Int, exponent: Double, queueSize: Int) {
        self.negatives = negatives
        self.pairs = pairs
        self.count = count
        self.queueSize = queueSize
        trained = pairs.counts.indices.filter { pairs.counts[$0] > 0 }.map { Int32($0) }
        let powers = pairs.counts.map { $0 == 0 ? 0 : power(Double($0), negatives == .popularity ? exponent : 1) }
        let sum = powers.reduce(0, +)
        shares = powers.map { $0 / sum }
        var total = 0.0
        cumulative = shares.map { share in
            total += share
            return total
        }
        tally = [Int32](repeating: 0, count: pairs.itemCount)
    }

    /// The most items that a draw can hold.
    package var largest: Int {
        switch negatives {
        case .all: pairs.itemCount
        case .queue: min(trained.count, count + queueSize)
        default: min(trained.count, count)
        }
    }

    /// Forgets earlier batches, so that an epoch can be begun anew.
    package mutating func beginEpoch() { queue.removeAll(keepingCapacity: true) }

    /// Draws for a batch.
    ///
    /// - Complexity: O(draws · log N); O(N) with ``Negatives/all``.
    package mutating func draw(for users: [Int32], random: inout RandomSource) -> Draw {
        switch negatives {
        case .all: return everything()
        case .uniform:
            let draws = (0..<count).map { _ in uniform(&random) }
            return weigh(draws, own: 0)
        case .popularity:
            let draws = (0..<count).map { _ in popular(&random) }
            return weigh(draws, own: 1)
        case .inBatch:
            let draws = batch(users, count, &random)
            return weigh(draws, own: 1)
        case .mixed:
            let half = batch(users, count / 2, &random)
            let rest = (0..<count - count / 2).map { _ in uniform(&random) }
            return weigh(half + rest, own: 0.5)
        case .queue:
            let draws = batch(users, count, &random) + queue
            queue = Array(draws.prefix(queueSize))
            return weigh(draws, own: 1)
        }
    }

    private func everything() -> Draw {
        Draw(
            items: Array(0..<Int32(pairs.itemCount)),
            offsets: pairs.counts.map { $0 == 0 ? UserSoftmax.leftOut : 0 })
    }

    private func uniform(_ random: inout RandomSource) -> Int32 { trained[random.index(below: trained.count)] }

    private func popular(_ random: inout RandomSource) -> Int32 {
        let wish = random.uniform()
        var (low, high) = (0, cumulative.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] > wish { high = middle } else { low = middle + 1 }
        }
        return Int32(low)
    }

    /// Items of the batch's pairs, drawn from all of these alike.
    private func batch(_ users: [Int32], _ count: Int, _ random: inout RandomSource) -> [Int32] {
        var ends: [Int] = []
        var total = 0
        for user in users {
            total += pairs.range(Int(user)).count
            ends.append(total)
        }
        return (0..<count).map { _ in
            let wish = random.index(below: total)
            var (low, high) = (0, ends.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if ends[middle] > wish { high = middle } else { low = middle + 1 }
            }
            return pairs.items[pairs.range(Int(users[low])).upperBound - (ends[low] - wish)]
        }
    }

    /// - Parameter own: the share of draws from the items' own distribution; the others are from all items alike.
    private mutating func weigh(_ draws: [Int32], own: Double) -> Draw {
        var items: [Int32] = []
        for item in draws {
            if tally[Int(item)] == 0 { items.append(item) }
            tally[Int(item)] += 1
        }
        items.sort()
        var offsets: [Float] = []
        for item in items {
            let share = own * shares[Int(item)] + (1 - own) / Double(trained.count)
            offsets.append(Float(log(Double(tally[Int(item)]) / (Double(draws.count) * share))))
            tally[Int(item)] = 0
        }
        return Draw(items: items, offsets: offsets)
    }
}

/// The C library's power.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }
