/// What a request asks for: one name a path, so that metrics stay few however many users there are.
enum Route: Int, CaseIterable {
    case recommendations
    case batch
    case similar
    case health
    case readiness
    case metrics
    case document
    case unknown

    /// The path with its placeholders, as metrics, logs and the OpenAPI document name it.
    var template: String {
        switch self {
        case .recommendations: "/v1/recommendations/{user}"
        case .batch: "/v1/recommendations"
        case .similar: "/v1/similar/{item}"
        case .health: "/healthz"
        case .readiness: "/readyz"
        case .metrics: "/metrics"
        case .document: "/openapi.json"
        case .unknown: "unknown"
        }
    }

    /// The methods that the path answers to.
    var methods: [String] { self == .batch ? ["POST"] : self == .unknown ? [] : ["GET", "HEAD"] }
}
