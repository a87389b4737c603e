/// What a request asks for: one name a path, so that metrics stay few however many users there are.
enum Route: Int, CaseIterable {
    case recommendations
    case batch
    case similar
    case onlineFeatures
    case push
    case events
    case inference
    case inferenceServer
    case health
    case readiness
    case metrics
    case document
    case site
    case unknown

    /// The path with its placeholders, as metrics, logs and the OpenAPI document name it.
    var template: String {
        switch self {
        case .recommendations: "/v1/recommendations/{user}"
        case .batch: "/v1/recommendations"
        case .similar: "/v1/similar/{item}"
        case .onlineFeatures: "/get-online-features"
        case .push: "/push"
        case .events: "/v1/events"
        case .inference: "/v2/models/{model}/infer"
        case .inferenceServer: "/v2"
        case .health: "/healthz"
        case .readiness: "/readyz"
        case .metrics: "/metrics"
        case .document: "/openapi.json"
        case .site: MountedSite.path
        case .unknown: "unknown"
        }
    }

    /// The methods that the path answers to.
    var methods: [String] { isPost ? ["POST"] : self == .unknown ? [] : ["GET", "HEAD"] }

    /// Whether the path is one of the Open Inference Protocol's, which has methods and errors of its own.
    var isInference: Bool { self == .inference || self == .inferenceServer }

    /// Whether the path takes a body.
    var isPost: Bool { [.batch, .onlineFeatures, .push, .events].contains(self) }
}
