/// Why an answer is not the user's own list.
enum Fallback: Int, CaseIterable {
    /// Nothing is published for the user.
    case unknownUser
    /// The store did not answer; the list comes from memory.
    case storeUnavailable
    /// There is no bundle to run a pipeline from; the list is the published one.
    case noPipeline

    /// The words in answers and metrics.
    var reason: String {
        switch self {
        case .unknownUser: "unknown-user"
        case .storeUnavailable: "store-unavailable"
        case .noPipeline: "no-pipeline"
        }
    }
}
