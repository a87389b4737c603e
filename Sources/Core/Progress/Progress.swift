/// Where long work says how far it is.
///
/// Calls come from any thread, often; an implementation decides how often it draws.
public protocol ProgressReporting: Sendable {
    /// A piece of work begins, such as `train two-tower`.
    func begin(_ task: String)
    /// `done` of `total` units are through (`total` nil: unknown); `note` holds figures such as `loss 3.21`.
    func update(_ task: String, done: Int, total: Int?, unit: String, note: String)
    /// The piece of work ended; `summary` is what should stay on the screen.
    func end(_ task: String, summary: String)
    /// A line worth reading that is no progress: a warning, a fallback taken.
    func note(_ message: String)
}

/// Says nothing.
public struct SilentProgress: ProgressReporting {
    /// Makes a silent reporter.
    public init() {}
    /// Ignores the beginning.
    public func begin(_ task: String) {}
    /// Ignores the state.
    public func update(_ task: String, done: Int, total: Int?, unit: String, note: String) {}
    /// Ignores the end.
    public func end(_ task: String, summary: String) {}
    /// Ignores the message.
    public func note(_ message: String) {}
}
