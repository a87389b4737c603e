#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Intervals that hold the truth at all times at once with the wanted confidence, so that a report may be read every day
/// and an experiment ended by what it says.
///
/// The normal mixture of likelihood ratios: with n users and the standard error s of an estimate,
///
/// margin = s √n · √( 2 (n ρ² + 1) / (n² ρ²) · ln(√(n ρ² + 1) / α) ),
///
/// p = √(n ρ² + 1) · exp( −n ρ² z² / (2 (n ρ² + 1)) ). The width ρ of the mixture is chosen for an experiment of about
/// ``tunedFor`` users; any other is served too, by a wider interval. As every such sequence for estimates without known
/// variance it holds for large n: nobody should decide by fewer than some hundred users.
///
/// Source: Robbins (1970); Johari, Koomen, Pekelis and Walsh, "Always Valid Inference" (2015); Waudby-Smith et al.,
/// "Time-uniform central limit theory and asymptotic confidence sequences" (2021).
public struct ConfidenceSequence: Sendable, Equatable {
    /// The chance that the truth lies outside at any time.
    public let alpha: Double
    /// The number of users at which intervals are about as narrow as they can be.
    public let tunedFor: Int
    private let width: Double

    /// Makes a sequence.
    ///
    /// - Parameters:
    ///   - alpha: in (0, 1).
    ///   - tunedFor: at least 1.
    public init(alpha: Double = 0.05, tunedFor: Int = 5000) {
        precondition(alpha > 0 && alpha < 1 && tunedFor >= 1, "a confidence sequence needs an error and a size")
        self.alpha = alpha
        self.tunedFor = tunedFor
        width = (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / Double(tunedFor)
    }

    /// Half the interval's width after `users` users.
    public func margin(standardError: Double, users: Int) -> Double {
        guard users > 0, standardError.isFinite else { return .infinity }
        let count = Double(users)
        let scaled = count * width + 1
        return standardError * (2 * scaled / (count * width) * log(scaled.squareRoot() / alpha)).squareRoot()
    }

    /// The p-value of the hypothesis that the truth is 0; at or below `alpha` at any time with a chance of at most
    /// `alpha` if it is.
    public func pValue(estimate: Double, standardError: Double, users: Int) -> Double {
        guard users > 0, standardError.isFinite else { return 1 }
        guard standardError > 0 else { return estimate == 0 ? 1 : 0 }
        let z = estimate / standardError
        let scaled = Double(users) * width + 1
        return min(1, scaled.squareRoot() * exp(-(scaled - 1) * z * z / (2 * scaled)))
    }
}
