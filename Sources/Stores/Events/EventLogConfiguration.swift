/// Where an event log lies and how it is kept.
public struct EventLogConfiguration: Sendable {
    /// The folder of the segments; made if it is not there.
    public var folder: String
    /// Whether an event is on the disk before it is acknowledged. Without, a process that dies loses nothing, but a
    /// machine that does loses its last seconds.
    public var synchronises = true
    /// A segment that has reached so many bytes is closed.
    public var segmentBytes = 64 << 20
    /// A segment that was begun so many seconds ago is closed by the next event.
    public var segmentAge = 3600
    /// Closed segments are removed after so many seconds; nil keeps them.
    public var retention: Int? = 90 * 86_400
    /// How many ids are remembered at least, to drop events that are delivered twice.
    public var rememberedIDs = 1_000_000
    /// Segments that end more seconds ago than this are not read at the start.
    public var replay = 7 * 86_400
    /// Events that wait to be written, in bytes; more are turned away.
    public var waitingBytes = 64 << 20

    /// Makes a configuration with the default settings.
    public init(folder: String) { self.folder = folder }
}
