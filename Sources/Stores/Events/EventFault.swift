/// Why what a shop posted is no event.
package struct EventFault: Error {
    /// The family of a fault.
    package enum Kind: Sendable {
        /// No JSON, or another form of document.
        case malformed
        /// An event with a wrong, missing or unknown member.
        case invalid
        /// More events than one request may carry.
        case tooMany
    }

    /// The family.
    package var kind: Kind
    /// Which event of the list, counted from 0; nil if the fault lies elsewhere.
    package var index: Int?
    /// What was expected and what was found.
    package var message: String
    /// One way to put it right.
    package var hint: String?

    init(_ kind: Kind, index: Int? = nil, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.index = index
        self.message = message
        self.hint = hint
    }
}
