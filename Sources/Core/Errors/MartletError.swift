/// An error that teaches: what was expected, what was found, where, and one way to fix it.
///
/// Every target throws this type for bad input. A programmer's mistake is a `precondition` instead.
public struct MartletError: Error, Sendable, CustomStringConvertible {
    /// The family of an error, for programs that react to it.
    public struct Code: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
        /// The code's stable text, in kebab case.
        public var rawValue: String
        /// Makes a code from its stable text.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// Makes a code from a literal.
        public init(stringLiteral value: String) { rawValue = value }

        /// The project file or an option is wrong.
        public static let invalidConfiguration: Code = "invalid-configuration"
        /// Data that was read does not have the form that was asked for.
        public static let invalidData: Code = "invalid-data"
        /// A file, folder, table, column, model or version does not exist.
        public static let notFound: Code = "not-found"
        /// A library, driver or program is not installed.
        public static let missingDependency: Code = "missing-dependency"
        /// A server could not be reached or went away.
        public static let unavailable: Code = "unavailable"
        /// A server refused the credentials.
        public static let unauthorized: Code = "unauthorized"
        /// The disk, or another bounded resource, is full.
        public static let outOfSpace: Code = "out-of-space"
        /// A stored file does not hold what its header or checksum promises.
        public static let corrupted: Code = "corrupted"
        /// Someone else holds what is needed.
        public static let busy: Code = "busy"
        /// The caller or a signal ended the work.
        public static let cancelled: Code = "cancelled"
        /// A test or gate did not pass.
        public static let failedCheck: Code = "failed-check"
        /// The operating system refused.
        public static let system: Code = "system"
    }

    /// The family of the error.
    public var code: Code
    /// What was expected and what was found, in one sentence without a full stop.
    public var message: String
    /// One way to fix it.
    public var hint: String?
    /// Where the fault stands, if it stands in a file.
    public var location: SourceLocation?
    /// What caused it.
    public var underlying: (any Error)?

    /// Makes an error.
    public init(
        _ code: Code, _ message: String, hint: String? = nil, at location: SourceLocation? = nil,
        underlying: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.location = location
        self.underlying = underlying
    }

    /// The whole error as a person reads it: location, message, cause, hint.
    public var description: String {
        var text = location.map { "\($0): " } ?? ""
        text += message
        if let underlying { text += " (\(underlying))" }
        if let hint { text += "\n  hint: \(hint)" }
        return text
    }
}
