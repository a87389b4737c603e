import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension EventSegment {
    /// What a reading found.
    public struct Reading: Sendable {
        /// How many records were read.
        public var records = 0
        /// How many bytes into the file the last whole line ends: where the next reading begins.
        public var end = 0
        /// Bytes after that: a line that is being written, or was when its writer died.
        public var torn = 0
        /// Lines whose checksum does not hold, each with its place; at most ``mostFaults`` of them.
        public var faults: [MartletError] = []
        /// How many such lines there are.
        public var faultCount = 0
    }

    /// The most faults of a segment that are described one by one.
    public static let mostFaults = 20

    /// Reads the records whose lines lie whole in the file.
    ///
    /// - Parameters:
    ///   - offset: where to begin: 0, or the end of an earlier reading.
    ///   - limit: about how many bytes to read at most; a line is read whole.
    ///   - body: called for each record, in the order in which they were written.
    /// - Throws: `system` or `notFound` if the file cannot be read, and what `body` throws. Lines that are damaged are
    ///   no error: they are named in the reading, and the others are read.
    /// - Complexity: O(bytes)
    public func read(
        from offset: Int = 0, limit: Int = .max, _ body: (EventRecord) throws -> Void
    ) throws -> Reading {
        try read(from: offset, limit: limit, parse: EventLine.parse, body)
    }

    /// Reads lines of another kind, as ``read(from:limit:_:)`` reads events.
    ///
    /// - Parameter parse: what a line says; nil if it is damaged.
    func read<Record>(
        from offset: Int, limit: Int, parse: (UnsafeBufferPointer<UInt8>) -> Record?, _ body: (Record) throws -> Void
    ) throws -> Reading {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("cannot read \(path)") }
        defer { close(descriptor) }
        var reading = Reading(end: offset)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        /// Bytes at the front of the buffer that belong to a line whose end was not read yet.
        var held = 0
        var line = 0
        while reading.end - offset < limit {
            if held == buffer.count { buffer.append(contentsOf: [UInt8](repeating: 0, count: buffer.count)) }
            let at = off_t(reading.end + held)
            let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress! + held, $0.count - held, at) }
            if count < 0 {
                if errno == EINTR { continue }
                throw systemError("cannot read \(path)")
            }
            if count == 0 { break }
            let filled = held + count
            var start = 0
            try buffer.withUnsafeBufferPointer { bytes in
                while let found = memchr(bytes.baseAddress! + start, 0x0A, filled - start) {
                    let end = UnsafeRawPointer(found) - UnsafeRawPointer(bytes.baseAddress!)
                    line += 1
                    if let record = parse(UnsafeBufferPointer(rebasing: bytes[start..<end])) {
                        reading.records += 1
                        try body(record)
                    } else {
                        reading.note(self, line: offset == 0 ? line : nil, byte: reading.end + start)
                    }
                    start = end + 1
                }
            }
            reading.end += start
            held = filled - start
            if start > 0, held > 0 {
                buffer.withUnsafeMutableBytes { _ = memmove($0.baseAddress!, $0.baseAddress! + start, held) }
            }
        }
        reading.torn = held
        return reading
    }
}

extension EventSegment.Reading {
    fileprivate mutating func note(_ segment: EventSegment, line: Int?, byte: Int) {
        faultCount += 1
        guard faults.count < EventSegment.mostFaults else { return }
        let place = line.map { "line \($0), byte \(byte)" } ?? "byte \(byte)"
        faults.append(
            MartletError(
                .corrupted, "\(segment.path) is damaged at \(place): the line does not hold what its checksum promises",
                hint: "the line is left out; look after the disk, and restore the file if there is a copy"))
    }
}
