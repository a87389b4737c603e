import Core

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension EventLog {
    /// Reads the segments of the last days, cuts off what a dying process left unfinished, and makes ready to go on in a
    /// new segment.
    static func recover(
        _ configuration: EventLogConfiguration, _ apply: (EventRecord) -> Void
    ) throws -> (EventLogWriter, EventRecovery) {
        let clock = ContinuousClock()
        let start = clock.now
        let now = Int(Self.now() / 1_000_000)
        var segments = EventSegment.all(in: configuration.folder)
        let nextNumber = (segments.last?.number ?? 0) + 1
        var recovery = EventRecovery()
        var recent = RecentIDs(capacity: configuration.rememberedIDs)
        var bytes = 0
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            // A clock that was behind while the next one was begun does not make this one old.
            if !isLast, now - max(segment.started, segments[index + 1].started) > configuration.replay {
                recovery.skippedSegments += 1
                bytes += size(of: segment.path)
                continue
            }
            let reading = try segment.read { record in
                recent.turn()
                if recent.insert(RecentIDs.hash(record.event.id)) { apply(record) }
            }
            recovery.segments += 1
            recovery.records += reading.records
            recovery.bytes += reading.end
            recovery.faults += reading.faults
            recovery.faultCount += reading.faultCount
            bytes += reading.end
            guard isLast else {
                bytes += reading.torn
                continue
            }
            if reading.torn > 0 {
                try cut(segment, to: reading.end)
                recovery.cutBytes = reading.torn
                recovery.cutSegment = segment.path
            }
            if reading.end == 0 {
                guard unlink(segment.path) == 0 else { throw systemError("cannot remove \(segment.path)") }
                segments.removeLast()
            }
        }
        recovery.seconds = Double((clock.now - start) / .microseconds(1)) / 1e6
        let writer = EventLogWriter(
            configuration: configuration, recent: recent, segments: segments, bytes: bytes, nextNumber: nextNumber)
        return (writer, recovery)
    }

    private static func cut(_ segment: EventSegment, to bytes: Int) throws {
        let descriptor = open(segment.path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw systemError("cannot open \(segment.path)") }
        defer { Self.closeFile(descriptor) }
        guard ftruncate(descriptor, off_t(bytes)) == 0, fsync(descriptor) == 0 else {
            throw systemError("cannot cut the unfinished line off \(segment.path)")
        }
    }

    private static func closeFile(_ descriptor: Int32) {
        #if canImport(Glibc)
        _ = Glibc.close(descriptor)
        #else
        _ = Darwin.close(descriptor)
        #endif
    }

    private static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
