import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How far the price of what is recommended is from the price of what is chosen.
public enum PriceHomogeneity {
    /// |log₁₀(price of the list's first item / price of the user's first relevant item)| for every user for whom both are
    /// known and above 0; RecList's `price_homogeneity_test`.
    ///
    /// - Parameter prices: one number an item; NaN where there is none.
    public static func distances(_ lists: RankedLists, truth: SparseRows, prices: [Double]) -> [Double] {
        (0..<lists.count).compactMap { list in
            guard let shown = lists[list].first, let wanted = truth[list].first, Int(shown) < prices.count,
                Int(wanted) < prices.count
            else { return nil }
            let (left, right) = (prices[Int(shown)], prices[Int(wanted)])
            guard left.isFinite, right.isFinite, left > 0, right > 0 else { return nil }
            return abs(log10(left / right))
        }
    }
}
