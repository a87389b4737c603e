import Core

/// What a finished step left: its value and its artifacts.
public struct StepResult: Sendable, Hashable {
    /// The result's number in the store.
    public var id: Int64
    /// The digest of code version, parameters and inputs.
    public var key: String
    /// The run that computed it.
    public var run: String
    /// The step's name.
    public var step: String
    /// The value that the step set; null if none.
    public var value: JSONValue
    /// The artifacts by name.
    public var artifacts: [String: Artifact]
    /// How long the computation took, in seconds.
    public var seconds: Double
}
