import Core
import FoundationEssentials

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A file's bytes, mapped read-only: the kernel reads a page when it is touched, and drops it when memory is short.
package final class MappedFile: @unchecked Sendable {
    // Sendable: the mapping is private and read-only, and lives until the last reference goes.

    /// The bytes of the whole file.
    package let bytes: UnsafeBufferPointer<UInt8>

    /// Maps the file at `path`.
    ///
    /// - Throws: `notFound` if there is no such file, `system` if it cannot be read.
    package init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("cannot open \(path)") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw systemError("cannot look at \(path)") }
        guard (status.st_mode & S_IFMT) == S_IFREG else {
            throw MartletError(.system, "\(path) is no regular file")
        }
        let size = Int(status.st_size)
        guard size > 0 else {
            bytes = UnsafeBufferPointer(start: nil, count: 0)
            return
        }
        guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw systemError("cannot map \(path)")
        }
        bytes = UnsafeBufferPointer(start: address.assumingMemoryBound(to: UInt8.self), count: size)
    }

    /// A copy of all bytes of the file at `path`.
    ///
    /// - Throws: as ``init(_:)``.
    static func contents(of path: String) throws -> Data {
        let file = try MappedFile(path)
        return withExtendedLifetime(file) { Data(file.bytes) }
    }

    deinit {
        guard let address = bytes.baseAddress else { return }
        munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
    }
}

extension Buffer {
    /// Maps the values of a `.npy` file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - descriptors: the numpy types that are bit for bit an `Element`.
    /// - Throws: `notFound`, `corrupted`, or `invalidData` if the file holds another type.
    package static func mapped(npy path: String, as descriptors: String...) throws -> Buffer {
        let file = try MappedFile(path)
        let header = try NPYHeader(parsing: file.bytes, path: path)
        guard descriptors.contains(header.descriptor), header.width == MemoryLayout<Element>.stride else {
            throw MartletError(
                .corrupted, "\(path) holds values of type \(header.descriptor), expected \(descriptors[0])",
                hint: "build the dataset again")
        }
        guard header.count > 0, let base = file.bytes.baseAddress else { return Buffer([]) }
        let start = UnsafeRawPointer(base + header.dataOffset)
        guard Int(bitPattern: start) % MemoryLayout<Element>.alignment == 0 else {
            // Legal, though numpy itself pads its headers to 64 bytes: copied, since values must be aligned.
            let copy = UnsafeMutableBufferPointer<Element>.allocate(capacity: header.count)
            withExtendedLifetime(file) {
                UnsafeMutableRawBufferPointer(copy).copyMemory(
                    from: UnsafeRawBufferPointer(start: start, count: header.count * header.width))
            }
            return Buffer(UnsafeBufferPointer(copy)) { copy.deallocate() }
        }
        let values = UnsafeBufferPointer(start: start.assumingMemoryBound(to: Element.self), count: header.count)
        return Buffer(values) { withExtendedLifetime(file) {} }
    }
}
