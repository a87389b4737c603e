#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What a history says of single items: 1 for each that is in it, and log(1 + n), n the faded count of its entries.
///
/// Pooled into one vector, a long history forgets which items it is made of; these two numbers of a pair tell who buys
/// the same again from who buys alike.
enum PairNumbers {
    /// The distinct items of a bag, sorted, with their faded counts.
    ///
    /// - Parameters:
    ///   - total: what the weights of the bag summed up to.
    ///   - unknown: the row that stands for no item in particular.
    static func counts(
        _ ids: ArraySlice<Int32>, _ weights: ArraySlice<Float>, total: Float, unknown: Int32
    ) -> [(item: Int32, count: Float)] {
        var found: [(item: Int32, count: Float)] = []
        for (id, weight) in zip(ids, weights).sorted(by: { $0.0 < $1.0 }) where id < unknown {
            if found.last?.item == id {
                found[found.count - 1].count += weight * total
            } else {
                found.append((id, weight * total))
            }
        }
        return found
    }

    /// The two numbers of an item.
    static func numbers(count: Float) -> (Float, Float) { count > 0 ? (1, log1p(count)) : (0, 0) }
}
