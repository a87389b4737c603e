import Synchronization

/// Whether the server takes new work.
final class ServerState: Sendable {
    /// When the server started, in seconds since 1970.
    let started = UniversalTime.now().seconds
    private let stopping = Atomic<Bool>(false)

    /// Whether a signal to stop has come.
    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    /// Notes that the signal to stop has come.
    func stop() { stopping.store(true, ordering: .releasing) }
}
