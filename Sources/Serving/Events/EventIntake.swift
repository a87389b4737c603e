import Core
import Logging
import Stores

/// What becomes of events that come in: durable in the log, then visible in what is known of their users.
struct EventIntake: Sendable {
    let configuration: ServingConfiguration.Events
    let log: any EventJournal
    let activity: LiveActivity

    private let logger: Logger

    /// Opens the log and reads what it knows of users; one that lies on a server is read by ``start()``.
    ///
    /// - Throws: what ``Stores/EventLog/init(_:apply:)`` throws.
    init(_ configuration: ServingConfiguration.Events, metrics: EventMetrics, logger: Logger) throws {
        let activity = LiveActivity(configuration.activity)
        if let stream = configuration.stream {
            log = RedisEventLog(stream) { activity.record($0.event) }
        } else {
            log = try EventLog(configuration.log) { activity.record($0.event) }
        }
        self.configuration = configuration
        self.logger = logger
        self.activity = activity
        metrics.follow(log: log, activity: activity)
    }

    /// Reads what a server holds of the log, and says what was found. A server that does not answer is asked again by
    /// the next event: recommendations do without meanwhile.
    func start() async {
        do {
            try await log.start()
            Self.tell(log.recovery, logger)
        } catch {
            logger.error("the event log cannot be read yet; events are refused until it can", error: error)
        }
    }

    private static func tell(_ recovery: EventRecovery, _ logger: Logger) {
        logger.info(
            "the event log was read",
            metadata: [
                "events": .stringConvertible(recovery.records), "segments": .stringConvertible(recovery.segments),
                "older_segments": .stringConvertible(recovery.skippedSegments),
                "seconds": .stringConvertible(recovery.seconds),
            ])
        if let segment = recovery.cutSegment {
            logger.warning(
                "an unfinished line was cut off the event log; its event was never acknowledged",
                metadata: ["segment": .string(segment), "bytes": .stringConvertible(recovery.cutBytes)])
        }
        for fault in recovery.faults { logger.error("\(fault.message)", metadata: ["hint": "\(fault.hint ?? "")"]) }
        if recovery.faultCount > recovery.faults.count {
            logger.error(
                "more lines of the event log are damaged", metadata: ["lines": .stringConvertible(recovery.faultCount)])
        }
    }
}
