#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Small numbers that differ between the threads of a process, most of the time.
enum ThreadIdentity {
    /// A number of the calling thread, spread over its low bits.
    static var number: Int {
        #if canImport(Darwin)
        let address = UInt(bitPattern: pthread_self())
        #else
        let address = UInt(pthread_self())
        #endif
        // Thread blocks lie megabytes apart: Fibonacci hashing brings their differing bits down.
        return Int(truncatingIfNeeded: (address &* 0x9E37_79B9_7F4A_7C15) >> 40)
    }
}
