/// A log of events that says only then that it has an event when the event is durable.
///
/// ``EventLog`` keeps files of its own, ``RedisEventLog`` a stream of a Redis server. Both take an event once, by its id,
/// and hand it to whoever follows before it is acknowledged.
public protocol EventJournal: Sendable {
    /// What the log holds now.
    var status: EventLog.Status { get }
    /// What was found when the log was opened; empty until ``start()`` has returned, for one that lies on a server.
    var recovery: EventRecovery { get }

    /// Makes ready and reads what the log holds of the last days, where that was not done when it was made.
    ///
    /// - Throws: `unavailable`, `unauthorized`: the log can be used all the same, and tries again with each append.
    func start() async throws

    /// Writes events; returns when they are durable and have been applied.
    ///
    /// - Returns: for each event whether it is new; false for one whose id was written before.
    /// - Throws: `outOfSpace`, `busy`, `unavailable`, `system`, `invalidData`. Then none of the events was acknowledged,
    ///   and they may be sent again with the same ids.
    func append(_ events: [Event]) async throws -> [Bool]

    /// Writes what waits, then closes the log for good.
    func close() async
}

extension EventLog: EventJournal {
    /// Files were read when the log was made.
    public func start() async throws {}
}
