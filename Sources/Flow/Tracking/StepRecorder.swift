import Core
import Synchronization

/// Gathers what a step's body says of its work, and writes it in batches: at most a second late, or when there is much.
///
/// Beside it, while the body runs, it writes once a second what the process takes of the machine.
final class StepRecorder: Sendable {
    private struct Pending {
        var batches: [String: PointBuffer] = [:]
        var count = 0
        var lastFlush = now()
    }

    /// So many points are written at once.
    private static let most = 16_384

    private let store: RunStore
    private let run: String
    private let step: String
    private let pending = Mutex(Pending())
    /// One write at a time, so that points come in the order in which they were logged.
    private let writing = Mutex(())
    private let began = ContinuousClock.now
    private let useBefore = SystemUse.now

    init(store: RunStore, run: String, step: String) {
        self.store = store
        self.run = run
        self.step = step
    }

    /// What the process took since the body began.
    var use: SystemUse { SystemUse.now.since(useBefore) }

    func log(_ metric: String, _ value: Double, at index: Int64) throws {
        let time = now()
        let isDue = pending.withLock { pending in
            pending.batches[metric, default: PointBuffer()].append(index, value, time)
            pending.count += 1
            return pending.count >= Self.most || time - pending.lastFlush > 1
        }
        if isDue { try flush() }
    }

    func record(_ facts: [Fact]) throws { try store.record(facts, run: run, step: step) }

    func flush() throws {
        try writing.withLock { _ in
            let batches = pending.withLock { pending in
                let batches = pending.batches
                pending = Pending()
                return batches
            }
            guard !batches.isEmpty else { return }
            do {
                let rows = batches.sorted { $0.key < $1.key }
                try store.append(rows.map { PointBatch(step: step, name: $0.key, points: $0.value) }, run: run)
            } catch {
                // Kept for the next try: the points are worth more than the order in memory.
                pending.withLock { pending in
                    for (name, points) in batches {
                        var all = points
                        if let later = pending.batches[name] { all.append(contentsOf: later) }
                        pending.batches[name] = all
                    }
                    pending.count = pending.batches.values.reduce(0) { $0 + $1.count }
                }
                throw error
            }
        }
    }

    /// Writes what is pending and what the process takes of the machine, until the task is cancelled.
    func follow() async {
        var before = (time: began, use: useBefore)
        var pause = Duration.seconds(1)
        while (try? await Task.sleep(for: pause)) != nil {
            let (time, use) = (ContinuousClock.now, SystemUse.now)
            let passed = seconds(of: time - before.time)
            let index = Int64(seconds(of: time - began).rounded())
            try? log("system/cpu", (use.cpuSeconds - before.use.cpuSeconds) / passed, at: index)
            if let memory = SystemUse.residentMemory { try? log("system/memory", Double(memory), at: index) }
            if let read = use.since(useBefore).bytesRead { try? log("system/read", Double(read), at: index) }
            before = (time, use)
            // A disk that is full now is told to the body by its next point, or at its end.
            try? flush()
            if time - began > .seconds(60) { pause = .seconds(5) }
        }
    }
}
