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
        try write(to: path) { put in try Array(bytes).withUnsafeBytes(put) }
    }

    /// Writes text as UTF-8; see ``write(_:to:)-(Collection<UInt8>,_)``.
    public static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }
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
