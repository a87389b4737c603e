import Hummingbird

/// Pages beside the recommendations: whoever starts the server says who answers below one path.
public struct MountedSite: Sendable {
    /// What the paths begin with.
    public static let path = "/ui"

    /// Answers a request; keys and methods are the site's own affair.
    let respond: @Sendable (Request) async throws -> Response

    /// Mounts a site.
    public init(_ respond: @escaping @Sendable (Request) async throws -> Response) { self.respond = respond }
}
