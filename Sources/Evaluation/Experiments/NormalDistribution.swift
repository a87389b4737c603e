#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The standard normal distribution.
public enum NormalDistribution {
    /// P(|Z| ≥ |z|): the two-sided p-value of a z-score.
    public static func twoSided(_ z: Double) -> Double { erfc(abs(z) / 2.0.squareRoot()) }

    /// The z with P(|Z| ≤ z) = `confidence`, such as 1.96 for 0.95.
    ///
    /// - Parameter confidence: in (0, 1).
    /// - Complexity: some 60 evaluations of the error function
    public static func margin(confidence: Double) -> Double {
        precondition(confidence > 0 && confidence < 1, "a confidence lies between 0 and 1")
        if confidence == 0.95 { return 1.959963984540054 }
        var (low, high) = (0.0, 40.0)
        while high - low > 1e-12 {
            let middle = (low + high) / 2
            if twoSided(middle) > 1 - confidence { low = middle } else { high = middle }
        }
        return high
    }
}

/// The χ² distribution.
public enum ChiSquareDistribution {
    /// P(X ≥ `value`), by the recursion Q(a + 1, x) = Q(a, x) + xᵃ e⁻ˣ / Γ(a + 1) with a = degrees / 2, x = value / 2,
    /// from Q(½, x) = erfc(√x) or Q(1, x) = e⁻ˣ.
    ///
    /// - Parameter degrees: degrees of freedom, at least 1.
    /// - Complexity: O(degrees)
    public static func upperTail(_ value: Double, degrees: Int) -> Double {
        precondition(degrees >= 1, "a χ² distribution has a degree of freedom")
        guard value > 0 else { return 1 }
        let x = value / 2
        var a = degrees % 2 == 0 ? 1.0 : 0.5
        var tail = degrees % 2 == 0 ? exp(-x) : erfc(x.squareRoot())
        // log(xᵃ e⁻ˣ / Γ(a + 1)): Γ(3/2) = √π / 2, Γ(2) = 1.
        var term = a * log(x) - x - (degrees % 2 == 0 ? 0 : log(Double.pi.squareRoot() / 2))
        while a < Double(degrees) / 2 {
            tail += exp(term)
            a += 1
            term += log(x) - log(a)
        }
        return min(tail, 1)
    }
}

/// The p-values of several tests, so raised that the chance of any false alarm among them stays what it is for one.
///
/// The smallest of m is multiplied by m, the next by m − 1, and so on; none falls below one before it.
///
/// Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure" (1979).
///
/// - Complexity: O(m · log m)
public func holmAdjusted(_ values: [Double]) -> [Double] {
    var adjusted = values
    var largest = 0.0
    for (rank, place) in values.indices.sorted(by: { (values[$0], $0) < (values[$1], $1) }).enumerated() {
        largest = max(largest, min(1, values[place] * Double(values.count - rank)))
        adjusted[place] = largest
    }
    return adjusted
}
