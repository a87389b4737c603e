import Core
import Dispatch
import FoundationEssentials
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A log of events in local files: what it has acknowledged is on the disk.
///
/// Calls that come while the disk is busy are written together and share one flush (group commit), so that the rate of
/// events is not the rate of flushes. Lines are JSON with a checksum each (``EventRecord``): any tool reads them.
///
/// ```swift
/// let log = try EventLog(EventLogConfiguration(folder: "events")) { activity.record($0.event) }
/// let isNew = try await log.append([event])   // durable, and handed to the closure above, when this returns
/// ```
public final class EventLog: Sendable {
    /// What the log holds.
    public struct Status: Sendable {
        /// Segments on the disk.
        public var segments = 0
        /// Their bytes.
        public var bytes = 0
        /// Ids that are remembered.
        public var rememberedIDs = 0
        /// Flushes so far.
        public var commits = 0
    }

    private struct Waiting {
        var batch: EventBatch
        var continuation: CheckedContinuation<[Bool], any Error>
    }

    private struct Queue {
        var waiting: [Waiting] = []
        var bytes = 0
        var isDraining = false
        var isClosed = false
        var whenClosed: CheckedContinuation<Void, Never>?
    }

    /// The log's settings.
    public let configuration: EventLogConfiguration
    /// What was found when the log was opened.
    public let recovery: EventRecovery
    private let apply: @Sendable (EventRecord) -> Void
    private let queue = Mutex(Queue())
    private let writer: Mutex<EventLogWriter>
    private let state: Mutex<Status>
    private let lock: FileLock
    private let thread = DispatchQueue(label: "martlet.events", qos: .userInitiated)

    /// Opens a log, making its folder if there is none, and reads what it holds.
    ///
    /// A line that a dying process left half-written is cut off: it was never acknowledged. Damaged lines are named in
    /// ``recovery``, left where they are, and passed over.
    ///
    /// - Parameters:
    ///   - configuration: where and how.
    ///   - apply: called for each record, in the log's order: for those of the last days now, later for each new one
    ///     when it is durable and before it is acknowledged. It must not wait.
    /// - Throws: `busy` if another process has the log, `system` or `outOfSpace` if the folder cannot be used.
    /// - Complexity: O(bytes of the segments that are read)
    public init(_ configuration: EventLogConfiguration, apply: @escaping @Sendable (EventRecord) -> Void) throws {
        do {
            try FileManager.default.createDirectory(atPath: configuration.folder, withIntermediateDirectories: true)
        } catch {
            throw MartletError(
                .system, "the folder of the event log cannot be made: \(configuration.folder)",
                hint: "name another one in serve.events.folder", underlying: error)
        }
        lock = try FileLock(path: "\(configuration.folder)/.lock")
        let (writer, recovery) = try Self.recover(configuration, apply)
        state = Mutex(
            Status(
                segments: writer.segments.count, bytes: writer.bytes, rememberedIDs: writer.recent.count, commits: 0))
        self.writer = Mutex(writer)
        self.configuration = configuration
        self.recovery = recovery
        self.apply = apply
    }

    deinit { writer.withLock { $0.close() } }

    /// What the log holds now.
    public var status: Status { state.withLock { $0 } }

    /// Writes events; returns when they are durable and have been applied.
    ///
    /// - Returns: for each event whether it is new; false for one whose id was written before.
    /// - Throws: `outOfSpace` if the disk is full, `busy` if too many events wait to be written, `system` for what else
    ///   the disk says, `invalidData` for a time outside the years 1 to 9999. Then none of the events was taken.
    public func append(_ events: [Event]) async throws -> [Bool] {
        if events.isEmpty { return [] }
        let batch = try EventBatch(events, received: Self.now())
        return try await withCheckedThrowingContinuation { continuation in
            let refusal: MartletError? = queue.withLock { queue in
                if queue.isClosed { return MartletError(.unavailable, "the event log is closed") }
                guard queue.bytes == 0 || queue.bytes + batch.lines.count <= configuration.waitingBytes else {
                    return MartletError(
                        .busy, "\(queue.bytes) bytes of events wait for the disk already",
                        hint: "send them again in a moment")
                }
                queue.waiting.append(Waiting(batch: batch, continuation: continuation))
                queue.bytes += batch.lines.count
                if !queue.isDraining {
                    queue.isDraining = true
                    thread.async { self.drain() }
                }
                return nil
            }
            if let refusal { continuation.resume(throwing: refusal) }
        }
    }

    /// Writes what waits, then closes the log for good.
    public func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = queue.withLock { queue in
                queue.isClosed = true
                if queue.isDraining { queue.whenClosed = continuation }
                return !queue.isDraining
            }
            if isIdle { continuation.resume() }
        }
        writer.withLock { $0.close() }
        await lock.release()
    }

    /// Writes group after group until nobody waits.
    private func drain() {
        while true {
            let group = queue.withLock { queue in
                let group = queue.waiting
                queue.waiting = []
                queue.bytes = 0
                if group.isEmpty { queue.isDraining = false }
                return group
            }
            guard !group.isEmpty else { break }
            commit(group)
        }
        let closing = queue.withLock { $0.isDraining ? nil : $0.whenClosed.take() }
        closing?.resume()
    }

    private func commit(_ group: [Waiting]) {
        let result = Result {
            try writer.withLock { writer in
                let news = try writer.commit(group.map(\.batch), now: Int(Self.now() / 1_000_000))
                state.withLock { state in
                    state.segments = writer.segments.count
                    state.bytes = writer.bytes
                    state.rememberedIDs = writer.recent.count
                    state.commits += 1
                }
                return news
            }
        }
        switch result {
        case .failure(let error): for waiting in group { waiting.continuation.resume(throwing: error) }
        case .success(let news):
            for (waiting, isNew) in zip(group, news) {
                for (event, isNew) in zip(waiting.batch.events, isNew) where isNew {
                    apply(EventRecord(event: event, received: waiting.batch.received))
                }
                waiting.continuation.resume(returning: isNew)
            }
        }
    }

    /// Microseconds since 1970.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
