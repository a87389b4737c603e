#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Writes all of `bytes` to an open file, however many calls that takes.
///
/// - Parameter path: what the file is called in the error.
/// - Throws: `outOfSpace` if the disk is full, `system` for any other refusal.
package func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, of path: String) throws {
    var done = 0
    while done < bytes.count {
        let count = write(descriptor, bytes.baseAddress! + done, bytes.count - done)
        if count < 0 {
            if errno == EINTR { continue }
            throw systemError("cannot write \(path)")
        }
        done += count
    }
}
