/// Why a request by the Open Inference Protocol gets no answer.
package struct InferenceFault: Error, Equatable {
    /// Whose fault it is; each protocol has its own number for it.
    package enum Kind: Sendable, Hashable, CaseIterable {
        /// The request is wrong.
        case invalid
        /// There is no such model, version or path.
        case notFound
        /// The request shows no key that we know.
        case unauthorized
        /// Not now.
        case unavailable
        /// More than a request may hold.
        case tooLarge
        /// What this server does not do.
        case unsupported
        /// Ours.
        case failed

        /// The kind as metrics and logs name it.
        var name: String {
            switch self {
            case .invalid: "invalid"
            case .notFound: "not-found"
            case .unauthorized: "unauthorized"
            case .unavailable: "unavailable"
            case .tooLarge: "too-large"
            case .unsupported: "unsupported"
            case .failed: "failed"
            }
        }
    }

    package var kind: Kind
    /// What was expected and what was found.
    package var message: String
    /// One way to put it right.
    package var hint: String?

    package init(_ kind: Kind, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.message = message
        self.hint = hint
    }

    /// The message and the hint, as the one text that the protocol has for errors.
    package var text: String { hint.map { "\(message); \($0)" } ?? message }
}
