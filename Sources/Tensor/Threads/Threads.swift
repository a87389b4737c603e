import COpenBLAS
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// How many threads the loops and products of this process use.
public enum Threads {
    /// `MARTLET_THREADS` if it holds a whole number of at least 1, otherwise the number of cores this process may use.
    public static let count: Int = {
        if let wish = ProcessInfo.processInfo.environment["MARTLET_THREADS"].flatMap({ Int($0) }), wish >= 1 {
            return wish
        }
        return max(1, ProcessInfo.processInfo.activeProcessorCount)
    }()

    /// Keeps OpenBLAS to the calling thread: all parallel work is ours (``parallelFor(_:grain:threads:_:)``), so that
    /// loops that call BLAS don't start threads squared, and results don't depend on OpenBLAS's own partition.
    static let blasIsSequential: Void = openblas_set_num_threads(1)
}
