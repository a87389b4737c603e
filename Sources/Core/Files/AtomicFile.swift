import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Files that are either wholly there or not there: written under a temporary name, flushed to the disk, renamed.
public enum AtomicFile {
    /// Writes `bytes` to `path`, replacing what was there.
    ///
    /// - Throws: `outOfSpace` if the disk is full, `system` for any other refusal; the old file is then unharmed and
    ///   nothing half-written is left.
    public static func write(_ bytes: some Collection<UInt8>, to path: String) throws {
        let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).partial"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw systemError("cannot write \(path)") }
        do {
            try writeAll(Array(bytes), to: descriptor, path: path)
            guard fsync(descriptor) == 0 else { throw systemError("cannot flush \(path)") }
            guard close(descriptor) == 0 else { throw systemError("cannot close \(path)") }
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let error = systemError("cannot put \(path) in place")
            unlink(temporary)
            throw error
        }
    }

    /// Writes text as UTF-8; see ``write(_:to:)-(Collection<UInt8>,_)``.
    public static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws {
        try bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let count = systemWrite(descriptor, buffer.baseAddress! + done, buffer.count - done)
                if count < 0 {
                    if errno == EINTR { continue }
                    throw systemError("cannot write \(path)")
                }
                done += count
            }
        }
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

/// The error of the last system call, as a `MartletError` that says which work failed.
///
/// A full disk is `outOfSpace`, a missing file `notFound`, all else `system`.
public func systemError(_ work: String, number: Int32 = errno) -> MartletError {
    let reason = String(cString: strerror(number))
    switch number {
    case ENOSPC, EDQUOT:
        return MartletError(.outOfSpace, "\(work): \(reason)", hint: "free some space on the disk and run again")
    case ENOENT: return MartletError(.notFound, "\(work): \(reason)")
    case EACCES, EPERM:
        return MartletError(.system, "\(work): \(reason)", hint: "check who owns the file and its folder")
    default: return MartletError(.system, "\(work): \(reason)")
    }
}
