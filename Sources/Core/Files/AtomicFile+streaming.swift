#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension AtomicFile {
    /// Writes a file piece by piece, for what is too large to hold twice: `body` calls its argument with each piece.
    ///
    /// - Throws: what `body` throws, `outOfSpace` if the disk is full, `system` for any other refusal; the old file is
    ///   then unharmed and nothing half-written is left.
    public static func write(
        to path: String, pieces body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).partial"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw systemError("cannot write \(path)") }
        do {
            try body { piece in try writeAll(piece, to: descriptor, of: path) }
            guard fsync(descriptor) == 0 else { throw systemError("cannot flush \(path)") }
        } catch {
            close(descriptor)
            unlink(temporary)
            throw error
        }
        guard close(descriptor) == 0, rename(temporary, path) == 0 else {
            let error = systemError("cannot put \(path) in place")
            unlink(temporary)
            throw error
        }
    }
}
