import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Writes one `.npy` file as a stream of values; the header's count is put in at the end.
///
/// Not for several threads at once. A writer that is dropped before ``finish()`` leaves a file whose header says
/// zero values, which no reader accepts: callers write into a ``ScratchFolder``.
package final class NPYWriter {
    private let path: String
    private let descriptorText: String
    private var file: Int32
    private var pending: [UInt8] = []
    private static let pendingLimit = 1 << 20
    /// How many values were written.
    package private(set) var count = 0

    /// Creates the file.
    ///
    /// - Parameter descriptor: numpy's word for the type, such as `<f4`.
    /// - Throws: `system` or `outOfSpace`.
    package init(path: String, descriptor: String) throws {
        self.path = path
        descriptorText = descriptor
        file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw systemError("cannot write \(path)") }
        pending = NPYHeader.encode(descriptor: descriptor, count: 0)
    }

    deinit { if file >= 0 { close(file) } }

    /// Appends values, whose layout must be the descriptor's.
    ///
    /// - Throws: `outOfSpace` or `system`.
    package func append<Element: BitwiseCopyable>(_ values: UnsafeBufferPointer<Element>) throws {
        let bytes = UnsafeRawBufferPointer(values)
        count += values.count
        if pending.count + bytes.count <= Self.pendingLimit {
            pending.append(contentsOf: bytes)
        } else {
            try flush()
            if bytes.count >= Self.pendingLimit {
                try writeAll(bytes, to: file, of: path)
            } else {
                pending.append(contentsOf: bytes)
            }
        }
    }

    /// Appends the values of an array.
    package func append<Element: BitwiseCopyable>(_ values: [Element]) throws {
        try values.withUnsafeBufferPointer { try append($0) }
    }

    /// Appends `value` `count` times.
    package func append<Element: BitwiseCopyable>(repeating value: Element, count: Int) throws {
        let block = [Element](repeating: value, count: min(count, 65_536))
        var left = count
        while left > 0 {
            let step = min(left, block.count)
            try block.withUnsafeBufferPointer { try append(UnsafeBufferPointer(rebasing: $0[..<step])) }
            left -= step
        }
    }

    /// Puts the count into the header and closes the file.
    ///
    /// - Throws: `outOfSpace` or `system`.
    package func finish() throws {
        try flush()
        let header = NPYHeader.encode(descriptor: descriptorText, count: count)
        let written = header.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
        guard written == header.count else { throw systemError("cannot write \(path)") }
        let descriptor = file
        file = -1
        guard close(descriptor) == 0 else { throw systemError("cannot close \(path)") }
    }

    private func flush() throws {
        try pending.withUnsafeBytes { try writeAll($0, to: file, of: path) }
        pending.removeAll(keepingCapacity: true)
    }
}
