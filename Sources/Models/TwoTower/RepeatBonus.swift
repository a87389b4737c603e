import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What is added to the scores of items that the user bought before.
///
/// r(u, i) = ρ₁ + ρ₂ · log(1 + n), n = Σ 2^(−age / half-life) over the entries of item `i` in the history
///
/// Pooled into one vector, a long history forgets which items it is made of; who buys the same again is told apart from
/// who buys alike by two numbers that are learned with everything else. Both are negative where nothing is bought twice.
struct RepeatBonus: Sendable {
    /// ρ₁ and ρ₂.
    let coefficients: (Float, Float)
    /// The most entries of a history that are looked at, the latest ones.
    let length: Int
    /// How fast entries fade.
    let decay: TimeDecay

    /// The distinct items of the entries `range`, by index, with what each is owed.
    ///
    /// - Complexity: O(n log n) for n entries
    func items(_ range: Range<Int>, of histories: UserHistories, at now: Int64) -> [(item: Int32, bonus: Float)] {
        let kept = range.suffix(length).map { entry in
            (item: histories.items[entry], weight: Float(decay.weight(of: histories.times[entry], at: now)))
        }.sorted { $0.item < $1.item }
        var found: [(item: Int32, bonus: Float)] = []
        for entry in kept {
            if found.last?.item == entry.item {
                found[found.count - 1].bonus += entry.weight
            } else {
                found.append((entry.item, entry.weight))
            }
        }
        return found.map { ($0.item, coefficients.0 + coefficients.1 * log1p($0.bonus)) }
    }
}
