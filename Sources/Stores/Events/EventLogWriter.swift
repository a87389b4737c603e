import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The end of the log at which it grows: one open segment, and the ids that were written lately.
struct EventLogWriter {
    private struct Open {
        var segment: EventSegment
        var descriptor: Int32
        /// Bytes that are durable.
        var bytes: Int
    }

    let configuration: EventLogConfiguration
    private(set) var recent: RecentIDs
    /// Bytes of all segments.
    private(set) var bytes: Int
    /// All segments, oldest first, the open one too.
    private(set) var segments: [EventSegment]
    private var nextNumber: Int
    private var open: Open?
    private var buffer: [UInt8] = []

    init(
        configuration: EventLogConfiguration, recent: RecentIDs, segments: [EventSegment], bytes: Int, nextNumber: Int
    ) {
        self.configuration = configuration
        self.recent = recent
        self.segments = segments
        self.bytes = bytes
        self.nextNumber = nextNumber
    }

    /// Writes what is new in `batches`, in one go with one flush.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Returns: for each event of each batch whether it is new.
    /// - Throws: `outOfSpace`, `system`; then nothing of it counts as written, and its ids are not remembered.
    mutating func commit(_ batches: [EventBatch], now: Int) throws -> [[Bool]] {
        recent.turn()
        buffer.removeAll(keepingCapacity: true)
        var added: [UInt64] = []
        let news = batches.map { batch in
            var isNew = [Bool](repeating: false, count: batch.ids.count)
            var start = 0
            for (index, id) in batch.ids.enumerated() {
                let end = batch.ends[index]
                if recent.insert(id) {
                    isNew[index] = true
                    added.append(id)
                    buffer.append(contentsOf: batch.lines[start..<end])
                }
                start = end
            }
            return isNew
        }
        guard !buffer.isEmpty else { return news }
        do {
            try write(now: now)
        } catch {
            for id in added { recent.remove(id) }
            throw error
        }
        return news
    }

    private mutating func write(now: Int) throws {
        if let current = open,
            current.bytes >= configuration.segmentBytes || now - current.segment.started >= configuration.segmentAge
        {
            close()
        }
        if open == nil { try begin(now: now) }
        guard let current = open else { preconditionFailure("a segment was begun") }
        do {
            try buffer.withUnsafeBytes { try writeAll($0, to: current.descriptor, of: current.segment.path) }
            if configuration.synchronises, Self.flush(current.descriptor) != 0 {
                throw systemError("cannot flush \(current.segment.path)")
            }
        } catch {
            abandon(current)
            throw Self.explained(error, configuration.folder)
        }
        open?.bytes += buffer.count
        bytes += buffer.count
    }

    /// Begins a segment, and removes those that are too old.
    private mutating func begin(now: Int) throws {
        let segment = EventSegment(folder: configuration.folder, number: nextNumber, started: now)
        let descriptor = Self.openFile(segment.path)
        guard descriptor >= 0 else {
            throw Self.explained(systemError("cannot begin \(segment.path)"), configuration.folder)
        }
        do {
            if configuration.synchronises { try Self.flushFolder(configuration.folder) }
        } catch {
            _ = unlink(segment.path)
            _ = Self.closeFile(descriptor)
            throw Self.explained(error, configuration.folder)
        }
        open = Open(segment: segment, descriptor: descriptor, bytes: 0)
        segments.append(segment)
        nextNumber += 1
        removeOld(now: now)
    }

    /// Removes segments that were begun, like their successors, longer ago than events are kept.
    ///
    /// At most two at a time: a clock that jumps ahead must not empty the log. Nor must one that was behind for a while:
    /// a successor that says it was begun before its segment does not make that old.
    private mutating func removeOld(now: Int) {
        guard let retention = configuration.retention else { return }
        for _ in 0..<2 {
            guard segments.count > 2, now - max(segments[0].started, segments[1].started) > retention else { return }
            var status = stat()
            if stat(segments[0].path, &status) == 0 { bytes -= Int(status.st_size) }
            guard unlink(segments[0].path) == 0 || errno == ENOENT else { return }
            segments.removeFirst()
        }
    }

    /// Ends the open segment.
    mutating func close() {
        if let current = open.take() { _ = Self.closeFile(current.descriptor) }
    }

    /// Cuts off what was not made durable, and leaves the segment: what a failed flush left of it is not to be known.
    private mutating func abandon(_ current: Open) {
        _ = ftruncate(current.descriptor, off_t(current.bytes))
        _ = Self.closeFile(current.descriptor)
        open = nil
        guard current.bytes == 0 else { return }
        _ = unlink(current.segment.path)
        segments.removeLast()
    }

    private static func explained(_ error: any Error, _ folder: String) -> any Error {
        guard var error = error as? MartletError else { return error }
        if error.code == .outOfSpace {
            error.hint =
                "free space on the disk of \(folder), or keep events for a shorter time: what was acknowledged stays"
        }
        return error
    }

    private static func openFile(_ path: String) -> Int32 {
        #if canImport(Glibc)
        Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
        #else
        Darwin.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o644)
        #endif
    }

    private static func closeFile(_ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
        Glibc.close(descriptor)
        #else
        Darwin.close(descriptor)
        #endif
    }

    private static func flush(_ descriptor: Int32) -> Int32 {
        #if canImport(Glibc)
        fdatasync(descriptor)
        #else
        // Only this flushes the drive's own cache there.
        fcntl(descriptor, F_FULLFSYNC)
        #endif
    }

    static func flushFolder(_ path: String) throws {
        #if canImport(Glibc)
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        #else
        let descriptor = Darwin.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        #endif
        guard descriptor >= 0 else { throw systemError("cannot open \(path)") }
        defer { _ = closeFile(descriptor) }
        guard fsync(descriptor) == 0 else { throw systemError("cannot flush \(path)") }
    }
}
