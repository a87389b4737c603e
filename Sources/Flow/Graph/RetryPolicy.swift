/// How often a failed step is tried again, and after which pauses.
///
/// Pause before attempt `n + 1` = `min(initial · factorⁿ⁻¹, longest)`.
public struct RetryPolicy: Sendable, Hashable {
    /// What a step is tried again after.
    public enum Cause: Sendable, Hashable {
        /// Any failure.
        case failure
        /// The death of the child process that it ran in, such as a kill for want of memory. An error that the body
        /// threw is final: what is wrong with its input will be wrong again.
        case death
    }

    /// How many further attempts there are after the first.
    public var count: Int
    /// The pause before the second attempt.
    public var initial: Duration
    /// What each pause is multiplied by to make the next.
    public var factor: Double
    /// No pause is longer.
    public var longest: Duration
    /// What a step is tried again after.
    public var cause: Cause

    /// Makes a policy; `count` must not be negative, `factor` at least 1.
    public init(
        count: Int, initial: Duration = .seconds(1), factor: Double = 2, longest: Duration = .seconds(60),
        after cause: Cause = .failure
    ) {
        precondition(count >= 0 && factor >= 1, "a retry policy needs count ≥ 0 and factor ≥ 1")
        self.count = count
        self.initial = initial
        self.factor = factor
        self.longest = longest
        self.cause = cause
    }

    /// The first failure is final.
    public static let never = RetryPolicy(count: 0)

    /// The pause after failed attempt `attempt`, counted from 1.
    public func pause(afterAttempt attempt: Int) -> Duration {
        var pause = initial
        for _ in 1..<max(1, attempt) where pause < longest { pause = .seconds(seconds(of: pause) * factor) }
        return min(pause, longest)
    }
}

/// A duration as a number of seconds.
func seconds(of duration: Duration) -> Double {
    let (whole, fraction) = duration.components
    return Double(whole) + Double(fraction) * 1e-18
}
