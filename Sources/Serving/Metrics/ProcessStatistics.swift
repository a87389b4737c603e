#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What the process uses of the machine, read when asked.
struct ProcessStatistics {
    /// User and system time in seconds.
    var processorSeconds = 0.0
    /// Memory resident now, in bytes; 0 where the system does not say.
    var residentBytes = 0
    /// Address space, in bytes; 0 where the system does not say.
    var virtualBytes = 0
    /// Open files; nil where the system does not say.
    var openFiles: Int?
    /// How many files may be open.
    var openFilesLimit = 0

    /// Reads the figures of this process.
    init() {
        var usage = rusage()
        #if canImport(Glibc)
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
        getrusage(RUSAGE_SELF, &usage)
        #endif
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        processorSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime)
        var limit = rlimit()
        #if canImport(Glibc)
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
        getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        openFilesLimit = Int(clamping: limit.rlim_cur)
        #if os(Linux)
        readProc()
        #else
        residentBytes = Int(usage.ru_maxrss)
        #endif
    }

    #if os(Linux)
    private mutating func readProc() {
        if let file = fopen("/proc/self/statm", "r") {
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 256)
            if fgets(&line, 256, file) != nil {
                let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                let pages = text.split(separator: " ").compactMap { Int($0) }
                let pageSize = sysconf(Int32(_SC_PAGESIZE))
                if pages.count > 1 { (virtualBytes, residentBytes) = (pages[0] * pageSize, pages[1] * pageSize) }
            }
        }
        if let folder = opendir("/proc/self/fd") {
            defer { closedir(folder) }
            var entries = 0
            while readdir(folder) != nil { entries += 1 }
            openFiles = max(0, entries - 3)  // without `.`, `..` and the folder itself
        }
    }
    #endif
}
