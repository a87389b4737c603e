/// A text that is used but never shown: printing, interpolating or dumping it gives `•••`.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself.
    public let revealed: String

    /// Makes a secret.
    public init(_ text: String) { revealed = text }

    /// `•••`
    public var description: String { "•••" }

    /// `•••`
    public var debugDescription: String { "•••" }

    /// Nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
