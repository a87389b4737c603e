import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Makes run ids: date and minute (UTC), then four signs of which the first two sort within the minute.
enum RunID {
    private static let signs = Array("0123456789abcdefghjkmnpqrstvwxyz")

    /// An id for a run that begins at `time`, in seconds since 1970.
    static func make(at time: Double) -> String {
        var whole = time_t(time)
        var parts = tm()
        gmtime_r(&whole, &parts)
        func padded(_ number: Int32, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        let date = padded(parts.tm_year + 1900, 4) + padded(parts.tm_mon + 1, 2) + padded(parts.tm_mday, 2)
        let minute = padded(parts.tm_hour, 2) + padded(parts.tm_min, 2)
        let part = min(1023, Int((Double(parts.tm_sec) + time - time.rounded(.down)) / 60 * 1024))
        let chance = Int.random(in: 0..<1024)
        let suffix = [part / 32, part % 32, chance / 32, chance % 32].map { signs[$0] }
        return "\(date)-\(minute)-\(String(suffix))"
    }
}

/// Seconds since 1970.
func now() -> Double {
    var moment = timespec()
    clock_gettime(CLOCK_REALTIME, &moment)
    return Double(moment.tv_sec) + Double(moment.tv_nsec) * 1e-9
}
