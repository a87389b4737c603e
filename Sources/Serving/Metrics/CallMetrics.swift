import Synchronization

/// How many calls there were beside HTTP and how long they took, by call and outcome.
final class CallMetrics: Sendable {
    private struct Key: Hashable {
        var call: String
        var fault: InferenceFault.Kind?
    }

    private let cells = Mutex<[Key: AtomicHistogram]>([:])

    /// Notes one answered call.
    func record(_ call: String, _ fault: InferenceFault.Kind?, nanoseconds: Int) {
        let histogram = cells.withLock { cells in
            let key = Key(call: call, fault: fault)
            if let known = cells[key] { return known }
            let made = AtomicHistogram(bounds: RequestMetrics.bounds)
            cells[key] = made
            return made
        }
        histogram.record(nanoseconds: nanoseconds)
    }

    /// Writes all of it; nothing as long as there was no call.
    func write(to text: inout PrometheusText) {
        let found = cells.withLock { $0 }.map { key, histogram in
            (labels: [("call", key.call), ("status", key.fault?.name ?? "ok")], histogram: histogram)
        }.sorted { ($0.labels[0].1, $0.labels[1].1) < ($1.labels[0].1, $1.labels[1].1) }
        guard !found.isEmpty else { return }
        let name = "martlet_grpc_request_duration_seconds"
        text.begin(name, "histogram", "Time from a call's message to its answer, by call and outcome.")
        for entry in found { entry.histogram.write(name, labels: entry.labels, to: &text) }
    }
}
