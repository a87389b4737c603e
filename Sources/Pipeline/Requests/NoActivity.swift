import Stores

/// Knows of no events: the pipeline then answers from what was trained alone.
public struct NoActivity: ActivityReader {
    /// Makes a reader.
    public init() {}

    /// Nothing.
    public func activity(of user: String) -> UserActivity { UserActivity() }
}
