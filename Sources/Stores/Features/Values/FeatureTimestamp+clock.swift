#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension FeatureTimestamp {
    /// This moment.
    public static var now: FeatureTimestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return FeatureTimestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }
}
