import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Held together by those who put artifacts into the store, from the first file to the commit that names them; held
/// alone by the collection of garbage, to which a file that nothing names is garbage.
///
/// The system releases it with the process.
enum StoreLock {
    /// Waits for the lock and runs `body` with it.
    ///
    /// - Throws: `system` if the lock's file cannot be made, and what `body` throws.
    static func hold<T>(_ folder: String, isExclusive: Bool = false, _ body: () throws -> T) throws -> T {
        let path = "\(folder)/artifacts.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw systemError("cannot open \(path)") }
        defer { close(descriptor) }
        while flock(descriptor, isExclusive ? LOCK_EX : LOCK_SH) != 0 {
            guard errno == EINTR else { throw systemError("cannot lock \(path)") }
        }
        return try body()
    }
}
