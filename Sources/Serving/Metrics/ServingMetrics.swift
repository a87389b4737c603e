import Synchronization

/// Everything the server counts.
final class ServingMetrics: Sendable {
    /// What kind of list was served.
    enum ListKind: Int, CaseIterable {
        case own
        case similar

        var name: String { self == .own ? "user" : "similar" }
    }

    /// Requests and latencies.
    let requests = RequestMetrics()
    /// Events.
    let events = EventMetrics()
    /// Calls by gRPC.
    let calls = CallMetrics()
    private let lists = AtomicCounters(count: ListKind.allCases.count)
    private let fallbacks = AtomicCounters(count: Fallback.allCases.count)
    private let failures = AtomicCounters(count: 2)
    private let active = Atomic<Int>(0)
    private let bodies = Atomic<Int>(0)

    /// Requests being answered now.
    var inFlight: Int { active.load(ordering: .relaxed) }

    /// Notes that a request begins, and says how many there are with it.
    func enter() -> Int { active.wrappingAdd(1, ordering: .relaxed).newValue }

    /// Notes that a request has ended.
    func leave() { active.wrappingSubtract(1, ordering: .relaxed) }

    /// Notes bytes of a body that is under way, and says how many there are of all bodies with them.
    func keepBody(_ bytes: Int) -> Int { bodies.wrappingAdd(bytes, ordering: .relaxed).newValue }

    /// Notes that a body's bytes are under way no more.
    func dropBody(_ bytes: Int) { bodies.wrappingSubtract(bytes, ordering: .relaxed) }

    /// Notes a list that was asked for and found.
    func countList(_ kind: ListKind) { lists.add(1, at: kind.rawValue) }

    /// Notes a list that stood in for another.
    func countFallback(_ reason: Fallback) { fallbacks.add(1, at: reason.rawValue) }

    /// Notes a read that the store did not answer.
    func countStoreError() { failures.add(1, at: 0) }

    /// Notes a request that was turned away because too many were in flight.
    func countRejection() { failures.add(1, at: 1) }

    /// How many lists of a kind were found.
    func lists(_ kind: ListKind) -> Int { lists.value(at: kind.rawValue) }

    /// How many lists stood in, by reason.
    func fallbacks(_ reason: Fallback) -> Int { fallbacks.value(at: reason.rawValue) }

    /// How many reads the store did not answer.
    var storeErrors: Int { failures.value(at: 0) }

    /// How many requests were turned away.
    var rejections: Int { failures.value(at: 1) }
}
