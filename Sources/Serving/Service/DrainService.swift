import ServiceLifecycle

/// Stands between the signal to stop and the end of listening: `/readyz` says no, requests are still answered, so that
/// a load balancer can take the server out first.
struct DrainService: Service {
    let state: ServerState
    /// How long to wait, in seconds.
    let seconds: Double

    func run() async throws {
        try? await gracefulShutdown()
        state.stop()
        if seconds > 0 { try? await Task.sleep(for: .seconds(seconds)) }
    }
}
