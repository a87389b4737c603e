import Synchronization

/// Somebody who wants to know when its time is up.
protocol Late: AnyObject, Sendable {
    /// Its time is up.
    func isLate()
}

/// Tells those whose time is up: one sleeper for all, since nearly everybody is done long before, and a timer for each
/// costs more than most of the work that it watches.
final class Deadlines: Sendable {
    static let shared = Deadlines()

    private struct State {
        var watched: [Int: (deadline: ContinuousClock.Instant, who: any Late)] = [:]
        var next = 0
        var isAwake = false
        /// How often the clock is looked at, which is how late somebody may hear of it: a sixteenth of the shortest time
        /// that anybody was given.
        var glance = Duration.milliseconds(10)
    }

    private let state = Mutex(State())

    /// Watches a deadline.
    ///
    /// - Returns: the place to forget it by.
    func watch(_ who: any Late, until deadline: ContinuousClock.Instant) -> Int {
        let given = deadline - .now
        let (place, wakes) = state.withLock { state in
            state.glance = max(.milliseconds(1), min(state.glance, given / 16))
            defer {
                state.next += 1
                state.isAwake = true
            }
            state.watched[state.next] = (deadline, who)
            return (state.next, !state.isAwake)
        }
        if wakes { Task { await self.run() } }
        return place
    }

    /// Forgets a deadline.
    func forget(_ place: Int) {
        state.withLock { _ = $0.watched.removeValue(forKey: place) }
    }

    private func run() async {
        // Awake for a while after the last one is gone: requests come one after the other.
        var idle = 0
        while idle < 100 {
            let glance = state.withLock { state in
                // Who has little time says so again.
                defer { state.glance = min(.milliseconds(10), state.glance * 2) }
                return state.glance
            }
            try? await Task.sleep(for: glance)
            let now = ContinuousClock.now
            let (late, isEmpty) = state.withLock { state in
                let due = state.watched.filter { $0.value.deadline <= now }
                for place in due.keys { state.watched[place] = nil }
                return (due.values.map(\.who), state.watched.isEmpty && due.isEmpty)
            }
            for one in late { one.isLate() }
            idle = isEmpty ? idle + 1 : 0
            guard idle == 100 else { continue }
            let ends = state.withLock { state in
                guard state.watched.isEmpty else { return false }
                state.isAwake = false
                return true
            }
            if !ends { idle = 0 }
        }
    }
}
