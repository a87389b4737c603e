import Core

/// What an event log found when it was opened.
public struct EventRecovery: Sendable {
    /// Segments that were read.
    public var segments = 0
    /// Segments that are older than what is read at the start.
    public var skippedSegments = 0
    /// Records that were read.
    public var records = 0
    /// Bytes that were read.
    public var bytes = 0
    /// How long it took, in seconds.
    public var seconds = 0.0
    /// Bytes of an unfinished line that were cut off the last segment: the event was never acknowledged.
    public var cutBytes = 0
    /// The segment that they were cut off.
    public var cutSegment: String?
    /// Damaged lines, each with its place; at most some of each segment.
    public var faults: [MartletError] = []
    /// How many damaged lines there are.
    public var faultCount = 0
}
