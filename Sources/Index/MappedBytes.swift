import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The bytes of a file, mapped into memory to be read, until the object goes.
final class MappedBytes: @unchecked Sendable {
    // Sendable: the mapping is read-only and lives as long as the object.

    let pointer: UnsafeRawPointer
    let count: Int
    private let mapping: UnsafeMutableRawPointer?

    /// Maps the file.
    ///
    /// - Throws: `notFound` if there is none, `system` if it can't be read.
    init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("cannot open \(path)") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw systemError("cannot read \(path)") }
        count = Int(status.st_size)
        guard count > 0 else {
            // An empty file has nothing to map; no byte of it is ever read.
            mapping = nil
            pointer = UnsafeRawPointer(bitPattern: 64)!
            return
        }
        guard let mapped = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), mapped != MAP_FAILED else {
            throw systemError("cannot map \(path)")
        }
        mapping = mapped
        pointer = UnsafeRawPointer(mapped)
    }

    deinit { if let mapping { munmap(mapping, count) } }
}
