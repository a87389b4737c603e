import Core
import Synchronization

/// A log of events in a stream of a Redis server or cluster; see ``RedisEventLogConfiguration`` for what is durable there.
///
/// An entry has one field, `e`, with the line that ``EventLog`` would have written: JSON with a checksum. Two hashes
/// beside the stream remember ids; a script looks an id up and writes its event in one step, so that several servers can
/// share a stream, and an event that is sent again after a fault is written once. Each server knows the events that came
/// to it, and at its start those of all.
///
/// Calls that come while the server is busy are written together.
public final class RedisEventLog: EventJournal {
    private struct Waiting {
        var batch: EventBatch
        var continuation: CheckedContinuation<[Bool], any Error>
    }

    private struct Queue {
        var waiting: [Waiting] = []
        var bytes = 0
        var isDraining = false
        var isClosed = false
        var whenClosed: [CheckedContinuation<Void, Never>] = []
    }

    private struct State {
        var status = EventLog.Status()
        var recovery = EventRecovery()
        var opening: Task<RedisSession, any Error>?
        var session: RedisSession?
    }

    /// The log's settings.
    public let configuration: RedisEventLogConfiguration
    private let apply: @Sendable (EventRecord) -> Void
    private let queue = Mutex(Queue())
    private let state = Mutex(State())
    /// Of so many bytes one script is run.
    private static let groupBytes = 4 << 20

    /// Names a log; nothing is asked of the server before ``start()`` or the first append.
    ///
    /// - Parameter apply: called for each record: at the start for those of the last days in the log's order, later for
    ///   each new one when it is durable and before it is acknowledged. It must not wait.
    public init(_ configuration: RedisEventLogConfiguration, apply: @escaping @Sendable (EventRecord) -> Void) {
        self.configuration = configuration
        self.apply = apply
    }

    /// What the log holds; bytes and ids are those that this process read and wrote.
    public var status: EventLog.Status { state.withLock { $0.status } }

    /// See ``EventJournal/recovery``.
    public var recovery: EventRecovery { state.withLock { $0.recovery } }

    /// See ``EventJournal/start()``.
    public func start() async throws { _ = try await session() }

    /// See ``EventJournal/append(_:)``.
    public func append(_ events: [Event]) async throws -> [Bool] {
        if events.isEmpty { return [] }
        let batch = try EventBatch(events, received: EventLog.now())
        return try await withCheckedThrowingContinuation { continuation in
            let refusal: MartletError? = queue.withLock { queue in
                if queue.isClosed { return MartletError(.unavailable, "the event log is closed") }
                guard queue.bytes == 0 || queue.bytes + batch.lines.count <= configuration.waitingBytes else {
                    return MartletError(
                        .busy, "\(queue.bytes) bytes of events wait for Redis already",
                        hint: "send them again in a moment")
                }
                queue.waiting.append(Waiting(batch: batch, continuation: continuation))
                queue.bytes += batch.lines.count
                if !queue.isDraining {
                    queue.isDraining = true
                    Task { await self.drain() }
                }
                return nil
            }
            if let refusal { continuation.resume(throwing: refusal) }
        }
    }

    /// See ``EventJournal/close()``.
    public func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = queue.withLock { queue in
                queue.isClosed = true
                if queue.isDraining { queue.whenClosed.append(continuation) }
                return !queue.isDraining
            }
            if isIdle { continuation.resume() }
        }
        state.withLock { $0.session.take() }?.close()
    }

    // MARK: - Writing

    /// Writes group after group until nobody waits.
    private func drain() async {
        while true {
            let group = queue.withLock { queue in
                var bytes = 0
                let count = queue.waiting.prefix { waiting in
                    defer { bytes += waiting.batch.lines.count }
                    return bytes < Self.groupBytes
                }.count
                let group = Array(queue.waiting.prefix(count))
                queue.waiting.removeFirst(count)
                queue.bytes -= group.reduce(0) { $0 + $1.batch.lines.count }
                if group.isEmpty { queue.isDraining = false }
                return group
            }
            guard !group.isEmpty else { break }
            do {
                let news = try await commit(group.map(\.batch))
                for (waiting, isNew) in zip(group, news) {
                    for (event, isNew) in zip(waiting.batch.events, isNew) where isNew {
                        apply(EventRecord(event: event, received: waiting.batch.received))
                    }
                    waiting.continuation.resume(returning: isNew)
                }
            } catch {
                for waiting in group { waiting.continuation.resume(throwing: error) }
            }
        }
        let closing = queue.withLock { queue in
            defer { queue.whenClosed = [] }
            return queue.whenClosed
        }
        for continuation in closing { continuation.resume() }
    }

    /// Looks ids up and writes what is new, in one step.
    ///
    /// An id's value names the group that wrote it: the same group, sent again after a fault, is told that it was new.
    private static let script = """
        local news = {}
        local token = ARGV[1]
        for i = 3, #ARGV, 2 do
          local id, mark = ARGV[i], token .. i
          local seen = redis.call('HGET', KEYS[2], id) or redis.call('HGET', KEYS[3], id)
          if seen then
            news[#news + 1] = seen == mark and 1 or 0
          else
            redis.call('HSET', KEYS[2], id, mark)
            redis.call('XADD', KEYS[1], '*', 'e', ARGV[i + 1])
            news[#news + 1] = 1
          end
        end
        redis.call('EXPIRE', KEYS[2], ARGV[2])
        return news
        """

    private func commit(_ batches: [EventBatch]) async throws -> [[Bool]] {
        let session = try await session()
        let now = Int(EventLog.now() / 1_000_000)
        // Two hashes in turn: the younger takes ids for a while and is looked at for as long again.
        let turn = now / configuration.remembers
        let keys = [configuration.stream] + [turn, turn - 1].map { Array("{\(configuration.name)}:ids:\($0)".utf8) }
        var words: [[UInt8]] =
            [Array("EVAL".utf8), Array(Self.script.utf8), Array("3".utf8)] + keys
            + [Array("\(EventID.make(at: EventLog.now())):".utf8), Array("\(3 * configuration.remembers)".utf8)]
        var bytes = 0
        for batch in batches {
            for (place, event) in batch.events.enumerated() {
                let line = batch.line(place)
                words.append(Array(event.id.utf8))
                words.append(line)
                bytes += line.count
            }
        }
        var commands = [words]
        if let retention = configuration.retention, status.commits % 1000 == 0 {
            let oldest = "\(max(0, (now - retention)) * 1000)"
            commands.append(["XTRIM", "{\(configuration.name)}:log", "MINID", "~", oldest].map { Array($0.utf8) })
        }
        if configuration.replicas > 0 {
            let wait = ["WAIT", "\(configuration.replicas)", "\(Int(configuration.redis.timeout * 500))"]
            commands.append(wait.map { Array($0.utf8) })
        }
        let answers = try await session.answers(to: commands, key: configuration.stream)
        if configuration.replicas > 0, let reached = answers.last?.integer, reached < configuration.replicas {
            throw MartletError(
                .unavailable,
                "only \(reached) of \(configuration.replicas) replicas of \(session.summary) have the events",
                hint: "send them again with the same ids; look at: redis-cli info replication")
        }
        var flags = (answers[0].elements ?? []).map { $0.integer == 1 }[...]
        let expected = batches.reduce(0) { $0 + $1.events.count }
        guard flags.count == expected else {
            throw MartletError(
                .system, "\(session.summary) answered for \(flags.count) events of \(expected)",
                hint: "is another program behind the port?")
        }
        state.withLock { state in
            state.status.commits += 1
            state.status.bytes += bytes
            state.status.rememberedIDs += expected
        }
        return batches.map { batch in
            defer { flags = flags.dropFirst(batch.events.count) }
            return Array(flags.prefix(batch.events.count))
        }
    }

    // MARK: - Opening

    /// The connection, after the stream was read once; callers at the same time share one attempt.
    private func session() async throws -> RedisSession {
        let task = state.withLock { state -> Task<RedisSession, any Error> in
            if let session = state.session { return Task { session } }
            if let opening = state.opening { return opening }
            let task = Task {
                defer { self.state.withLock { $0.opening = nil } }
                return try await self.open()
            }
            state.opening = task
            return task
        }
        return try await task.value
    }

    private func open() async throws -> RedisSession {
        let start = ContinuousClock.now
        let session = try await RedisSession(configuration.redis)
        var recovery = EventRecovery()
        recovery.segments = 1
        do {
            if let warning = await Self.doubt(session, configuration) { recovery.faults.append(warning) }
            let oldest = max(0, EventLog.now() / 1000 - Int64(configuration.replay) * 1000)
            var reader = RedisEventReader(session: session, configuration: configuration, after: .init(oldest, 0))
            // A stream that broke off amid its reading is read again from its beginning: records are collected first.
            var records: [EventRecord] = []
            while let page = try await reader.next() {
                records += page.records
                recovery.faults += page.faults.prefix(max(0, 10 - recovery.faults.count))
                recovery.faultCount += page.faults.count
                recovery.bytes += page.bytes
            }
            for record in records { apply(record) }
            recovery.records = records.count
        } catch {
            session.close()
            throw error
        }
        recovery.seconds = (ContinuousClock.now - start) / .seconds(1)
        state.withLock { state in
            state.session = session
            state.recovery = recovery
            state.status.segments = 1
            state.status.bytes = recovery.bytes
        }
        return session
    }

    /// What the server's own settings leave to chance; nil if nothing, or if it does not tell.
    private static func doubt(_ session: RedisSession, _ configuration: RedisEventLogConfiguration) async
        -> MartletError?
    {
        func setting(_ name: String) async -> String? {
            let words = ["CONFIG", "GET", name].map { Array($0.utf8) }
            return (try? await session.answers(to: [words], key: configuration.stream))?[0].member(name)?.text
        }
        guard let file = await setting("appendonly"), let flush = await setting("appendfsync") else { return nil }
        if file == "yes", flush == "always" { return nil }
        return MartletError(
            .invalidConfiguration,
            file == "yes"
                ? "\(session.summary) writes its log to the disk later than it answers (appendfsync \(flush))"
                : "\(session.summary) keeps events in memory alone (appendonly no)",
            hint: "a server that dies may lose acknowledged events: set appendonly yes and appendfsync always"
                + (configuration.replicas > 0 ? "" : ", or serve.events.replicas"))
    }
}
