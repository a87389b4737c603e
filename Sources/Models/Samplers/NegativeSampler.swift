import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Draws items that a user did not take from some moment on, the item i with probability q_i ∝ (count_i + 1)^α.
///
/// What the user takes at the moment or later is drawn again; whoever takes every item has no negative. What was taken
/// before and not again is a negative like any other: were it none, having taken an item once would be proof of taking
/// it again, and nothing could be learned from it. α = 0 is uniform, α = 1 follows popularity. Walker's alias method: each draw costs the same whatever α is.
///
/// Source: Vose, "A Linear Algorithm for Generating Random Numbers with a Given Distribution" (1991).
package struct NegativeSampler: Sendable {
    /// log q of each trained item, and of one that was never taken.
    package let logShares: [Float]
    private let thresholds: [Float]
    private let aliases: [Int32]
    /// Where each user's own items begin, the items, sorted, and each one's last entry in the histories.
    private let offsets: [Int]
    private let own: [Int32]
    private let lastEntries: [Int32]

    /// How often a draw is repeated before the items are tried one after the other.
    private static let mostDraws = 64

    /// Counts the items of the histories.
    ///
    /// - Parameter items: how many items may be drawn: the trained ones.
    /// - Complexity: O(entries · log entries of a user + items)
    package init(_ histories: UserHistories, items: Int, power: Double) {
        var counts = [Int](repeating: 0, count: items)
        for item in histories.items where Int(item) < items { counts[Int(item)] += 1 }
        let shares = (counts + [0]).map { pow(Double($0) + 1, power) }
        let total = shares.dropLast().reduce(0, +)
        logShares = shares.map { Float(log($0 / total)) }
        (thresholds, aliases) = Self.aliases(shares.dropLast().map { $0 / total * Double(items) })
        var (offsets, own, lastEntries) = ([0], [Int32](), [Int32]())
        for user in 0..<histories.userCount {
            // By item, the last entry of each first.
            let sorted = histories.entries(of: Int32(user)).sorted {
                (histories.items[$0], $1) < (histories.items[$1], $0)
            }
            for entry in sorted where own.count == offsets[user] || own[own.count - 1] != histories.items[entry] {
                own.append(histories.items[entry])
                lastEntries.append(Int32(entry))
            }
            offsets.append(own.count)
        }
        self.offsets = offsets
        self.own = own
        self.lastEntries = lastEntries
    }

    /// An item that `user` does not take from the entry `since` of the histories on; nil if there is none.
    package func draw(for user: Int32, since: Int = 0, from random: inout RandomSource) -> Int32? {
        let count = thresholds.count
        guard count > 0 else { return nil }
        var item: Int32 = 0
        for _ in 0..<Self.mostDraws {
            let place = random.index(below: count)
            item = Float(random.uniform()) < thresholds[place] ? Int32(place) : aliases[place]
            if !isTaken(item, by: user, since: since) { return item }
        }
        for _ in 0..<count {
            item = Int(item) + 1 < count ? item + 1 : 0
            if !isTaken(item, by: user, since: since) { return item }
        }
        return nil
    }

    /// Whether the user takes the item at the entry `since` or later.
    package func isTaken(_ item: Int32, by user: Int32, since: Int = 0) -> Bool {
        guard user >= 0, Int(user) + 1 < offsets.count else { return false }
        var (low, high) = (offsets[Int(user)], offsets[Int(user) + 1])
        while low < high {
            let middle = (low + high) / 2
            if own[middle] < item { low = middle + 1 } else { high = middle }
        }
        return low < offsets[Int(user) + 1] && own[low] == item && Int(lastEntries[low]) >= since
    }

    /// - Parameter scaled: the probabilities times their number; their mean is 1.
    private static func aliases(_ scaled: [Double]) -> ([Float], [Int32]) {
        var scaled = scaled
        var thresholds = [Float](repeating: 1, count: scaled.count)
        var aliases = Array(0..<Int32(scaled.count))
        var small = scaled.indices.filter { scaled[$0] < 1 }
        var large = scaled.indices.filter { scaled[$0] >= 1 }
        while let low = small.popLast(), let high = large.last {
            thresholds[low] = Float(scaled[low])
            aliases[low] = Int32(high)
            scaled[high] -= 1 - scaled[low]
            if scaled[high] < 1 {
                large.removeLast()
                small.append(high)
            }
        }
        return (thresholds, aliases)
    }
}
