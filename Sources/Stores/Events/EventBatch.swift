import Core

/// Events of one call, written as lines.
struct EventBatch {
    var events: [Event]
    /// In microseconds since 1970.
    var received: Int64
    /// The lines, one after the other.
    var lines: [UInt8] = []
    /// Where each line ends.
    var ends: [Int] = []
    /// The hashes of the events' ids.
    var ids: [UInt64] = []

    /// A batch without events, to which lines of another kind are added.
    init() { (events, received) = ([], 0) }

    /// Writes events as lines.
    ///
    /// - Throws: `invalidData` for a time outside the years 1 to 9999.
    init(_ events: [Event], received now: Int64) throws {
        self.events = events
        received = now
        var received: [UInt8] = []
        EventTime.write(now, to: &received)
        lines.reserveCapacity(events.count * 256)
        ends.reserveCapacity(events.count)
        ids.reserveCapacity(events.count)
        for event in events {
            guard (-62_135_596_800_000_000..<253_402_300_800_000_000).contains(event.time) else {
                throw MartletError(
                    .invalidData, "the time of event '\(event.id)' lies outside the years 1 to 9999: \(event.time)",
                    hint: "times are microseconds since 1970")
            }
            EventLine.append(event, received: received, to: &lines)
            ends.append(lines.count)
            ids.append(RecentIDs.hash(event.id))
        }
    }

    /// The line of an event, without its end.
    func line(_ place: Int) -> [UInt8] { Array(lines[(place == 0 ? 0 : ends[place - 1])..<ends[place] - 1]) }
}
