#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Exponential forgetting: after one half-life a row counts half.
///
/// weight(age) = 2^(−age / halfLife)
struct TimeDecay: Sendable {
    /// Seconds after which a row counts half; nil never forgets.
    var halfLife: Double?

    /// The weight of a row of moment `time`, seen from `now` (both in seconds); moments after `now` count fully.
    func weight(of time: Int64, at now: Int64) -> Double {
        guard let halfLife else { return 1 }
        return exp2(-max(0, Double(now - time)) / halfLife)
    }
}
