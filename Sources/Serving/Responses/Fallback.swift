/// Why an answer is not the user's own list.
enum Fallback: Int, CaseIterable {
    /// Nothing is published for the user.
    case unknownUser
    /// The store did not answer; the list comes from memory.
    case storeUnavailable

    /// The words in answers and metrics.
    var reason: String {
        switch self {
        case .unknownUser: "unknown-user"
        case .storeUnavailable: "store-unavailable"
        }
    }
}
