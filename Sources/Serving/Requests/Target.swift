/// A request's target taken apart: which route it names, the user or item in its path, and its query.
struct Target {
    /// The route that the path names.
    var route: Route
    /// The user or item as it stood in the path, or what follows `/v2`, still percent-encoded.
    var name: Substring.UTF8View
    /// What follows the question mark, still percent-encoded; empty if there is none.
    var query: Substring.UTF8View

    /// Takes a target apart. O(length), without a copy.
    init(_ target: String) {
        let bytes = target[...].utf8
        let path: Substring.UTF8View
        if let mark = bytes.firstIndex(of: UInt8(ascii: "?")) {
            path = bytes[..<mark]
            let rest = bytes[bytes.index(after: mark)...]
            query = rest.firstIndex(of: UInt8(ascii: "#")).map { rest[..<$0] } ?? rest
        } else {
            path = bytes
            query = bytes[bytes.endIndex...]
        }
        name = bytes[bytes.endIndex...]
        if let rest = Target.rest(of: path, after: "/v1/recommendations/") {
            route = .recommendations
            name = rest
        } else if let rest = Target.rest(of: path, after: "/v1/similar/") {
            route = .similar
            name = rest
        } else if path.starts(with: "/v2".utf8), path.count == 3 || path.dropFirst(3).first == UInt8(ascii: "/") {
            name = path.dropFirst(3)
            route = name.reversed().starts(with: "/infer".utf8.reversed()) ? .inference : .inferenceServer
        } else if path.elementsEqual(Target.site) || path.starts(with: Target.siteFolder) {
            route = .site
        } else {
            route = Target.fixed.first { path.elementsEqual($0.path) }?.route ?? .unknown
        }
    }

    private static let site = Array(MountedSite.path.utf8)
    private static let siteFolder = Array("\(MountedSite.path)/".utf8)

    private static let fixed: [(path: [UInt8], route: Route)] = [
        Route.batch, .onlineFeatures, .push, .events, .health, .readiness, .metrics, .document,
    ].map { (Array($0.template.utf8), $0) }

    /// What follows `prefix`, if it is one part of a path that is not empty.
    private static func rest(of path: Substring.UTF8View, after prefix: StaticString) -> Substring.UTF8View? {
        guard path.count > prefix.utf8CodeUnitCount else { return nil }
        let expected = UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
        guard path.starts(with: expected) else { return nil }
        let rest = path.dropFirst(prefix.utf8CodeUnitCount)
        return rest.contains(UInt8(ascii: "/")) ? nil : rest
    }
}
