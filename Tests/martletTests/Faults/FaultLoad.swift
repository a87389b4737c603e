import Core
import Foundation
import Synchronization
import TestSupport

/// Clients that ask for recommendations and post events all the while that something goes wrong.
final class FaultLoad: Sendable {
    /// What they saw.
    struct Counts: Sendable {
        var requests = 0
        /// Answers with 5xx, answers that are none, and connections that broke.
        var failures = 0
        /// Failures a second and more after the fault's end.
        var lateFailures = 0
        /// Answers that say that something stood in for what was not there.
        var fallbacks = 0
        /// Posts of events that were turned away; nothing can stand in for a log.
        var refused = 0
        /// The same a second and more after the fault's end.
        var lateRefused = 0
        /// The slowest answer, in seconds.
        var slowest = 0.0
        /// Ids of events that the server said it had.
        var acknowledged: [String] = []
        /// What the first failures were.
        var examples: [String] = []
    }

    private struct State {
        var counts = Counts()
        var isDone = false
        var recovered: ContinuousClock.Instant?
        var next = 0
    }

    private let state = Mutex(State())
    private let ended = DispatchGroup()
    private let port: Int
    private let users: [String]
    private let items: [String]
    private let run = UUID().uuidString.prefix(8)

    /// Begins to ask.
    ///
    /// - Parameters:
    ///   - posts: whether events are posted too.
    init(_ server: FaultServer, users: [String], items: [String], clients: Int = 8, posts: Bool = true) {
        port = server.port
        self.users = users
        self.items = items
        for client in 0..<clients {
            ended.enter()
            Thread.detachNewThread {
                self.work(client, posts: posts)
                self.ended.leave()
            }
        }
    }

    /// The requests so far.
    var requests: Int { state.withLock { $0.counts.requests } }

    /// Whether any answer was a stand-in so far.
    var fallbacks: Int { state.withLock { $0.counts.fallbacks } }

    /// From a second after now on, whatever fails counts as late.
    func faultEnded() { state.withLock { $0.recovered = .now } }

    /// Stops, and tells what was seen.
    func end() async -> Counts {
        state.withLock { $0.isDone = true }
        await withCheckedContinuation { continuation in ended.notify(queue: .global()) { continuation.resume() } }
        return state.withLock { $0.counts }
    }

    private func work(_ client: Int, posts: Bool) {
        var connection: LoopbackConnection?
        while let number = state.withLock({ state -> Int? in
            state.next += 1
            return state.isDone ? nil : state.next
        }) {
            let start = ContinuousClock.now
            do {
                let open = try connection ?? LoopbackConnection(port: port)
                connection = open
                if posts, number % 4 == 0 {
                    try post(number, open, start)
                } else {
                    try recommend(number, open, start)
                }
            } catch {
                connection = nil
                note(start) { $0.fail("\(error)", $1) }
                usleep(20_000)
            }
        }
    }

    private func recommend(_ number: Int, _ connection: LoopbackConnection, _ start: ContinuousClock.Instant) throws {
        let user = users[number % users.count]
        let answer =
            number % 2 == 0
            ? try connection.ask("GET", "/v1/recommendations/\(user)?k=5")
            : try connection.ask("POST", "/v1/recommendations", body: #"{"user":"\#(user)","k":5}"#)
        let json = answer.json
        note(start) { counts, isLate in
            guard answer.status == 200, json["items"]?.array?.count == 5 else {
                return counts.fail(
                    "\(answer.status) \(String(decoding: answer.body.prefix(200), as: UTF8.self))", isLate)
            }
            if json["fallback"] != nil || json["skipped"] != nil { counts.fallbacks += 1 }
        }
    }

    private func post(_ number: Int, _ connection: LoopbackConnection, _ start: ContinuousClock.Instant) throws {
        let id = "\(run)-\(number)"
        let event =
            #"{"id":"\#(id)","kind":"view","user":"\#(users[number % users.count])","#
            + #""item":"\#(items[number % items.count])"}"#
        let answer = try connection.ask("POST", "/v1/events", body: event)
        note(start) { counts, isLate in
            switch answer.status {
            case 200: counts.acknowledged.append(id)
            case 503, 507:
                counts.refused += 1
                if isLate { counts.lateRefused += 1 }
            default: counts.fail("\(answer.status) to an event", isLate)
            }
        }
    }

    private func note(_ start: ContinuousClock.Instant, _ body: (inout Counts, Bool) -> Void) {
        state.withLock { state in
            let now = ContinuousClock.now
            // A request that began before that second was over may still suffer from the fault.
            let isLate = state.recovered.map { start - $0 > .seconds(1) } ?? false
            state.counts.requests += 1
            state.counts.slowest = max(state.counts.slowest, (now - start) / .seconds(1))
            body(&state.counts, isLate)
        }
    }
}

extension FaultLoad.Counts {
    fileprivate mutating func fail(_ example: String, _ isLate: Bool) {
        failures += 1
        if isLate { lateFailures += 1 }
        if examples.count < 5 || isLate && examples.count < 10 {
            examples.append(isLate ? "late: \(example)" : example)
        }
    }
}
