#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Measures a training: time, and the most memory the process ever held.
struct TrainingClock {
    private let start = ContinuousClock.now

    /// Seconds since the clock was made.
    var seconds: Double { Self.seconds(since: start) }

    /// Seconds since `moment`.
    static func seconds(since moment: ContinuousClock.Instant) -> Double {
        let (seconds, attoseconds) = (ContinuousClock.now - moment).components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    /// The most memory this process ever held, in bytes.
    static var peakMemoryBytes: Int {
        var usage = rusage()
        #if canImport(Glibc)
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
        #else
        getrusage(RUSAGE_SELF, &usage)
        return usage.ru_maxrss
        #endif
    }

    /// The report of a model that makes one pass and has no loss.
    func report(model: String, interactions: Int) -> TrainingReport {
        let seconds = seconds
        return TrainingReport(
            model: model, interactions: interactions, seconds: seconds,
            samplesPerSecond: Double(interactions) / max(seconds, 1e-9), peakMemoryBytes: Self.peakMemoryBytes)
    }
}
