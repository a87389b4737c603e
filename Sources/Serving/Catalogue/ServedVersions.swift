import Logging
import ServiceLifecycle
import Stores
import Synchronization

/// Follows the reader: makes each new version ready aside, then swaps it in for the requests that come after.
final class ServedVersions: Service {
    private let reader: ListReader
    private let logger: Logger
    private let held = Mutex<ServedVersion?>(nil)
    /// How often the reader's snapshot is looked at; it costs a lock for an instant.
    private let glance: Duration = .milliseconds(50)

    init(reader: ListReader, logger: Logger) {
        self.reader = reader
        self.logger = logger
    }

    /// The version that a request which begins now is answered from; nil until one could be loaded.
    var current: ServedVersion? { held.withLock { $0 } }

    /// How the reader is doing.
    var status: ListReader.Status { reader.status }

    /// Loads the live version, if it is not the one that is served.
    ///
    /// - Throws: what ``Stores/ListReader/refresh()`` throws.
    func refresh() async throws {
        defer { adopt() }
        try await reader.refresh()
    }

    /// Follows the reader until the server stops.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.reader.run() }
                group.addTask {
                    while !Task.isCancelled {
                        self.adopt()
                        try? await Task.sleep(for: self.glance)
                    }
                }
            }
        }
    }

    private func adopt() {
        guard let snapshot = reader.snapshot else { return }
        if let now = current?.snapshot, snapshot.isSame(as: now), snapshot.isCopy == now.isCopy { return }
        let version = ServedVersion(snapshot)
        let old = held.withLock { held in
            defer { held = version }
            return held
        }
        logger.info(
            "a published version is served",
            metadata: [
                "version": .stringConvertible(snapshot.version), "model": .string(snapshot.manifest.model),
                "users": .stringConvertible(snapshot.manifest.users),
                "items": .stringConvertible(snapshot.manifest.items),
                "stand_ins_only": .stringConvertible(snapshot.isCopy),
                "previous": .string(old.map { String($0.snapshot.version) } ?? "none"),
            ])
    }
}

extension ListSnapshot {
    /// Whether this is the version of another snapshot, and not one of the same number in a store that was emptied.
    func isSame(as other: ListSnapshot?) -> Bool { version == other?.version && since == other?.since }
}
