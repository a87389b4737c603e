import Synchronization

/// Waits until all that should listen do, and then says where.
final class Arrivals: Sendable {
    private struct State {
        var address: RecommendationService.Address?
        var grpcPort: Int?
        var missing: Int
    }

    private let state: Mutex<State>
    private let onReady: @Sendable (RecommendationService.Address) -> Void

    /// - Parameter frontEnds: how many listen beside HTTP.
    init(frontEnds: Int, _ onReady: @escaping @Sendable (RecommendationService.Address) -> Void) {
        state = Mutex(State(missing: frontEnds + 1))
        self.onReady = onReady
    }

    /// Notes that the server listens for HTTP.
    func http(_ address: RecommendationService.Address) { arrive { $0.address = address } }

    /// Notes that a front end listens.
    func frontEnd(port: Int) { arrive { $0.grpcPort = port } }

    private func arrive(_ note: (inout State) -> Void) {
        let address = state.withLock { state -> RecommendationService.Address? in
            note(&state)
            state.missing -= 1
            guard state.missing == 0 else { return nil }
            state.address?.grpcPort = state.grpcPort
            return state.address
        }
        if let address { onReady(address) }
    }
}
