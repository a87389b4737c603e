/// How long to wait before the next attempt: twice as long each time up to a limit, by chance between half and all of
/// it, so that a thousand clients do not come back in one moment.
package struct Backoff: Sendable {
    /// Seconds before the second attempt.
    package var first = 0.05
    /// Seconds at most.
    package var limit = 2.0

    /// The defaults.
    package init() {}

    /// Seconds to wait after `failures` failures in a row (1 or more).
    package func seconds(after failures: Int) -> Double {
        let full = min(limit, first * Double(1 << min(max(failures - 1, 0), 20)))
        return full * Double.random(in: 0.5...1)
    }
}
