import Core
import Dispatch
import FoundationEssentials
import Synchronization

/// A log of the answers that users were given, in segments of JSON lines like those of events.
///
/// Nobody waits for it and nothing fails by it: answers wait in memory for the disk, a moment at most while it is well,
/// and are dropped and counted where it is not. What the log may lose is the last moment before a process dies; what it
/// has written is whole, line by line.
public final class AnswerLog: Sendable {
    /// What became of answers.
    public struct Status: Sendable, Equatable {
        /// Answers on the disk.
        public var logged = 0
        /// Answers that found the queue full, or the disk.
        public var dropped = 0
        /// What the disk said last; nil if it is well.
        public var error: String?
    }

    private struct Queue {
        var waiting: [LoggedAnswer] = []
        var isDraining = false
        var isClosed = false
        var status = Status()
    }

    private let queue = Mutex(Queue())
    private let writer: Mutex<EventLogWriter>
    private let lock: FileLock
    private let most: Int
    private let pause: DispatchTimeInterval
    private let thread = DispatchQueue(label: "martlet.answers", qos: .utility)

    /// Opens a log, making its folder if there is none. A new segment begins with the first answer.
    ///
    /// - Parameters:
    ///   - configuration: where and how; ids are not remembered and nothing is read.
    ///   - most: how many answers may wait.
    ///   - pause: how long the first of a group waits for others, in milliseconds.
    /// - Throws: `busy` if another process has the log, `system` if the folder cannot be used.
    public init(_ configuration: EventLogConfiguration, most: Int = 20_000, pause: Int = 20) throws {
        do {
            try FileManager.default.createDirectory(atPath: configuration.folder, withIntermediateDirectories: true)
        } catch {
            throw MartletError(
                .system, "the folder of the log of answers cannot be made: \(configuration.folder)",
                hint: "name another one in serve.impressions.folder", underlying: error)
        }
        lock = try FileLock(path: "\(configuration.folder)/.lock")
        let segments = EventSegment.all(in: configuration.folder)
        writer = Mutex(
            EventLogWriter(
                configuration: configuration, recent: RecentIDs(capacity: 1), segments: segments, bytes: 0,
                nextNumber: (segments.last?.number ?? 0) + 1))
        self.most = most
        self.pause = .milliseconds(pause)
    }

    deinit { writer.withLock { $0.close() } }

    /// What became of answers so far.
    public var status: Status { queue.withLock { $0.status } }

    /// Takes an answer to be written; returns at once. O(1).
    public func append(_ answer: LoggedAnswer) {
        let begins = queue.withLock { queue in
            guard queue.waiting.count < most, !queue.isClosed else {
                queue.status.dropped += 1
                return false
            }
            queue.waiting.append(answer)
            defer { queue.isDraining = true }
            return !queue.isDraining
        }
        if begins { thread.asyncAfter(deadline: .now() + pause) { self.drain() } }
    }

    /// Returns when all that was taken is on the disk, or given up.
    public func flush() async {
        await withCheckedContinuation { continuation in
            thread.async {
                self.drain()
                continuation.resume()
            }
        }
    }

    /// Writes what waits, and closes the log for good.
    public func close() async {
        queue.withLock { $0.isClosed = true }
        await flush()
        writer.withLock { $0.close() }
        await lock.release()
    }

    private func drain() {
        while true {
            let group = queue.withLock { queue in
                let group = queue.waiting
                queue.waiting = []
                if group.isEmpty { queue.isDraining = false }
                return group
            }
            guard !group.isEmpty else { return }
            var batch = EventBatch()
            for answer in group {
                AnswerLine.append(answer, to: &batch.lines)
                batch.ends.append(batch.lines.count)
                batch.ids.append(RecentIDs.hash(answer.id))
            }
            let now = Int(EventLog.now() / 1_000_000)
            let result = Result { try writer.withLock { try $0.commit([batch], now: now) } }
            queue.withLock { queue in
                switch result {
                case .success:
                    queue.status.logged += group.count
                    queue.status.error = nil
                case .failure(let error):
                    queue.status.dropped += group.count
                    queue.status.error = "\(error)"
                }
            }
        }
    }
}
