import Core
import Synchronization

/// Follows a shop's live version: loads each new one aside and swaps it in whole.
///
/// ``snapshot`` is what requests use; it costs a lock for an instant. ``run()`` looks at the pointer once per interval, and
/// four times as often while the store does not answer. A version that cannot be loaded leaves the one before in place.
/// A reader that begins while the store is away takes the catalogue and the fallbacks from the copy that the last one left
/// on the disk.
public final class ListReader: Sendable {
    /// How the reader is doing.
    public struct Status: Sendable {
        /// When the pointer was last read with success.
        public var confirmed: ContinuousClock.Instant?
        /// What went wrong at the last attempt; nil if it succeeded.
        public var error: MartletError?
        /// How many versions have been swapped in.
        public var switches = 0
    }

    private struct State {
        var snapshot: ListSnapshot?
        var status = Status()
    }

    private let publisher: ListPublisher
    private let pollInterval: Duration
    private let copy: String?
    private let state = Mutex(State())

    /// Makes a reader without a snapshot; ``refresh()`` or ``run()`` loads the first.
    ///
    /// - Parameters:
    ///   - store: the store that versions are published to.
    ///   - shop: the shop's name.
    ///   - pollInterval: how often the pointer is read.
    ///   - copy: the file that keeps the last version's catalogue and fallbacks for a start without the store; nil: none.
    public init(
        store: any KeyValueStore, shop: String, pollInterval: Duration = .seconds(1), copy: String? = nil
    ) {
        self.copy = copy
        publisher = ListPublisher(store: store, shop: shop)
        self.pollInterval = pollInterval
    }

    /// The store that versions are published to.
    public var store: any KeyValueStore { publisher.store }

    /// The shop's name.
    public var shop: String { publisher.shop }

    /// The live version as last seen; nil until one was loaded. Take it once per request.
    public var snapshot: ListSnapshot? { state.withLock { $0.snapshot } }

    /// How the reader is doing.
    public var status: Status { state.withLock { $0.status } }

    /// Reads the pointer and loads the version if it is a new one. Requests go on with the old one meanwhile.
    ///
    /// - Returns: whether a new version was swapped in.
    /// - Throws: `notFound` if nothing is published; `unavailable`, `unauthorized`, `corrupted`.
    @discardableResult
    public func refresh() async throws -> Bool {
        do {
            let isNew = try await reload()
            state.withLock {
                $0.status.confirmed = .now
                $0.status.error = nil
                if isNew { $0.status.switches += 1 }
            }
            return isNew
        } catch {
            state.withLock {
                $0.status.error =
                    error as? MartletError
                    ?? MartletError(.unavailable, "the lists of '\(shop)' cannot be read", underlying: error)
            }
            standIn()
            throw error
        }
    }

    /// Watches the pointer until the task is cancelled.
    public func run() async {
        while !Task.isCancelled {
            // The fault is kept in `status`, where health checks look; the next round tries again.
            let isAway = (try? await refresh()) == nil
            try? await Task.sleep(for: isAway ? pollInterval / 4 : pollInterval)
        }
    }

    private func reload() async throws -> Bool {
        for attempt in 1... {
            guard let live = try await publisher.live() else {
                throw MartletError(
                    .notFound, "nothing is published for '\(shop)' in \(store.summary)",
                    hint: "publish first: martlet publish")
            }
            if let snapshot, !snapshot.isCopy, live.version == snapshot.version, live.since == snapshot.since {
                return false
            }
            do {
                let snapshot = try await ListSnapshot.load(
                    live, publisher: publisher,
                    copy: { parts in
                        // A disk that is full is no reason to serve an old version.
                        if let copy { try? parts.write(to: copy) }
                    }, confirm: { [weak self] in try await self?.confirm(live.version) })
                state.withLock { $0.snapshot = snapshot }
                return true
            } catch {
                // Between reading the pointer and loading the version someone may have published and pruned: it then
                // looks missing or incomplete, and another one is live.
                guard attempt < 5, try await publisher.live()?.version != live.version else { throw error }
            }
        }
        return false
    }

    /// Takes the copy of the last version, where nothing else is there to answer from.
    private func standIn() {
        guard let copy, snapshot == nil, let reason = status.error, [.unavailable, .notFound].contains(reason.code),
            let parts = try? ListCopy(reading: copy),
            var snapshot = try? ListSnapshot(
                parts,
                namespace: AbsentNamespace(name: publisher.names.namespace(parts.manifest.version), reason: reason),
                confirm: {})
        else { return }
        snapshot.isCopy = true
        state.withLock { $0.snapshot = $0.snapshot ?? snapshot }
    }

    /// A user without a list is common, a version that was removed under our feet is not: ask the store only if the
    /// pointer was not read for a while.
    private func confirm(_ version: Int) async throws {
        if let confirmed = status.confirmed, ContinuousClock.now - confirmed < pollInterval * 10 { return }
        if try await publisher.manifest(version) == nil {
            try await refresh()
            throw MartletError(
                .notFound, "v\(version) of '\(shop)' was removed while this reader could not see the store",
                hint: "ask again: a newer version is loaded now")
        }
        state.withLock { $0.status.confirmed = .now }
    }
}
