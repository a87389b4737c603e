import Stores
import Synchronization

/// What the server counts of events.
final class EventMetrics: Sendable {
    /// Why a request's events were not taken.
    enum Rejection: Int, CaseIterable {
        case invalid, busy, outOfSpace, failed

        var reason: String {
            switch self {
            case .invalid: "invalid"
            case .busy: "busy"
            case .outOfSpace: "out-of-space"
            case .failed: "failed"
            }
        }
    }

    /// The upper bounds of the age buckets in seconds.
    static let ages: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3600]
    private static let kinds = Event.Kind.allCases.count
    private let accepted = AtomicCounters(count: kinds + 1)
    private let rejected = AtomicCounters(count: Rejection.allCases.count)
    private let latencies = AtomicHistogram(bounds: RequestMetrics.bounds)
    private let visible = AtomicHistogram(bounds: ages)
    private let recommended = AtomicHistogram(bounds: ages)
    private let followed = Mutex<(log: any EventJournal, activity: LiveActivity)?>(nil)

    /// Shows the state of a log and of what is known of users from now on.
    func follow(log: any EventJournal, activity: LiveActivity) { followed.withLock { $0 = (log, activity) } }

    /// Notes a request whose events are durable and visible.
    ///
    /// - Parameter nanoseconds: from the body's last byte until now.
    func countAccepted(_ events: [Event], _ isNew: [Bool], nanoseconds: Int) {
        let now = UniversalTime.now()
        let microseconds = Int64(now.seconds) * 1_000_000 + Int64(now.nanoseconds) / 1000
        var counts = [Int](repeating: 0, count: Self.kinds + 1)
        for (event, isNew) in zip(events, isNew) {
            counts[isNew ? event.kind.number : Self.kinds] += 1
            if isNew { visible.record(nanoseconds: Int(max(0, microseconds - event.time)) * 1000) }
        }
        for (index, count) in counts.enumerated() where count > 0 { accepted.add(count, at: index) }
        latencies.record(nanoseconds: nanoseconds)
    }

    /// Notes a request none of whose events was taken.
    func countRejection(_ reason: Rejection) { rejected.add(1, at: reason.rawValue) }

    /// Notes an answer to a user with events: the time since the youngest of them, which the answer knew.
    func countRecommendation(secondsSinceEvent: Double) {
        recommended.record(nanoseconds: Int(max(0, min(secondsSinceEvent, 1e9)) * 1e9))
    }

    /// Writes all of it.
    func write(to text: inout PrometheusText) {
        guard let (log, activity) = followed.withLock({ $0 }) else { return }
        text.begin("martlet_events_accepted_total", "counter", "Events that were made durable, by kind.")
        for kind in Event.Kind.allCases {
            text.sample(
                "martlet_events_accepted_total", [("kind", kind.rawValue)], Double(accepted.value(at: kind.number)))
        }
        text.single(
            "martlet_events_duplicate_total", "counter", "Events whose id was known already.",
            Double(accepted.value(at: Self.kinds)))
        text.begin("martlet_events_rejected_requests_total", "counter", "Requests whose events were not taken.")
        for reason in Rejection.allCases {
            text.sample(
                "martlet_events_rejected_requests_total", [("reason", reason.reason)],
                Double(rejected.value(at: reason.rawValue)))
        }
        latencies.write(
            "martlet_events_append_duration_seconds",
            "Time from a request's events being read to their being durable and visible.", to: &text)
        visible.write(
            "martlet_events_visible_age_seconds", "Time from what happened to its being visible to recommendations.",
            to: &text)
        recommended.write(
            "martlet_events_recommendation_age_seconds",
            "Time from a user's youngest event to a recommendation that knew of it.", to: &text)
        let (state, users) = (log.status, activity.status)
        text.single("martlet_event_log_bytes", "gauge", "Bytes of the event log.", Double(state.bytes))
        text.single("martlet_event_log_segments", "gauge", "Files of the event log.", Double(state.segments))
        text.single(
            "martlet_event_log_commits_total", "counter", "Groups of requests written and flushed together.",
            Double(state.commits))
        text.single(
            "martlet_event_log_damaged_lines", "gauge", "Lines whose checksum did not hold when the log was read.",
            Double(log.recovery.faultCount))
        text.single("martlet_activity_users", "gauge", "Users whose events are remembered.", Double(users.users))
        text.single("martlet_activity_bytes", "gauge", "Memory of it, estimated.", Double(users.bytes))
        text.single(
            "martlet_activity_forgotten_users_total", "counter", "Users forgotten to stay within the memory.",
            Double(users.forgotten))
    }
}
