import Synchronization

/// What was counted of one model of one version, in Triton's terms.
package final class ModelStatistics: Sendable {
    /// How often something was done, and how long it took in all.
    package struct Duration: Sendable {
        package var count = 0
        package var nanoseconds = 0

        mutating func add(_ nanoseconds: Int) {
            count += 1
            self.nanoseconds += nanoseconds
        }
    }

    /// The computations of batches of one size.
    package struct Batch: Sendable {
        package var input = Duration()
        package var compute = Duration()
        package var output = Duration()
    }

    /// All counts at one moment.
    package struct Counts: Sendable {
        /// When the last request ended, in milliseconds since 1970.
        package var last = 0
        /// Rows of all requests that were answered.
        package var inferences = 0
        /// Requests that were answered.
        package var executions = 0
        package var success = Duration()
        package var fail = Duration()
        package var queue = Duration()
        package var batches: [Int: Batch] = [:]

        /// The batches of all sizes together.
        package var total: Batch {
            batches.values.reduce(into: Batch()) { sum, batch in
                for path in [\Batch.input, \Batch.compute, \Batch.output] {
                    sum[keyPath: path].count += batch[keyPath: path].count
                    sum[keyPath: path].nanoseconds += batch[keyPath: path].nanoseconds
                }
            }
        }
    }

    private let counts = Mutex(Counts())

    /// The counts now.
    package var current: Counts { counts.withLock { $0 } }

    /// What a request took, in nanoseconds.
    struct Times {
        var (input, queue, compute, output) = (0, 0, 0, 0)
    }

    /// Notes a request that was answered.
    func countSuccess(rows: Int, _ times: Times) {
        let now = Self.milliseconds
        counts.withLock {
            $0.last = now
            $0.inferences += rows
            $0.executions += 1
            $0.success.add(times.input + times.queue + times.compute + times.output)
            $0.queue.add(times.queue)
            $0.batches[rows, default: Batch()].input.add(times.input)
            $0.batches[rows, default: Batch()].compute.add(times.compute)
            $0.batches[rows, default: Batch()].output.add(times.output)
        }
    }

    /// Notes a request that was not.
    func countFailure(nanoseconds: Int) { counts.withLock { $0.fail.add(nanoseconds) } }

    private static var milliseconds: Int {
        let now = UniversalTime.now()
        return now.seconds * 1000 + now.nanoseconds / 1_000_000
    }
}
