/// How far a run is.
public enum RunState: String, Sendable, Codable {
    /// A live process works on it.
    case running
    /// Every step finished.
    case finished
    /// A step failed for good.
    case failed
    /// A signal or the caller ended it; it can be resumed.
    case cancelled
    /// Its process is gone without a word; it can be resumed.
    case interrupted
}

/// How far a step of a run is.
public enum StepState: String, Sendable, Codable {
    /// Not begun.
    case waiting
    /// Being worked on (or its process is gone, if the run is interrupted).
    case running
    /// Computed in this run, its artifacts in place and its result committed.
    case finished
    /// Taken from the store: a result with the same key was there.
    case reused
    /// The last attempt failed, and the flow goes on without its result, as the step wants it.
    case caught
    /// The last attempt failed.
    case failed
    /// A step it depends on failed.
    case skipped
    /// Ended by a signal or the caller.
    case cancelled

    /// Whether the step has a result.
    public var hasResult: Bool { self == .finished || self == .reused || self == .caught }
}
