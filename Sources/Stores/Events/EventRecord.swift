/// An event as the log holds it.
public struct EventRecord: Sendable, Equatable {
    /// The event.
    public var event: Event
    /// When the server took it, in microseconds since 1970: what was known at a moment is what was received by then.
    public var received: Int64

    /// Makes a record; see the properties.
    public init(event: Event, received: Int64) {
        self.event = event
        self.received = received
    }
}
