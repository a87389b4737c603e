/// An answer, whatever server it goes through.
package struct DashboardResponse: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: String

    /// What browsers may do with our pages: nothing is loaded from elsewhere, nothing inline runs, nobody frames them.
    private static let policy = """
        default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
        form-action 'self'; base-uri 'none'; frame-ancestors 'none'
        """

    private static let guards: [(name: String, value: String)] = [
        ("Content-Security-Policy", policy), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ]

    /// A document.
    init(status: Int = 200, type: String = "text/html; charset=utf-8", _ body: String) {
        self.status = status
        self.body = body
        // Pages hold what customers bought: no cache may keep them.
        headers = [("Content-Type", type), ("Cache-Control", "no-store")] + Self.guards
    }

    /// A file that is the same for everyone.
    static func file(_ body: String, type: String) -> DashboardResponse {
        var response = DashboardResponse(type: type, body)
        response.headers[1].value = "max-age=3600"
        return response
    }

    /// A way to another page.
    static func redirect(to path: String) -> DashboardResponse {
        var response = DashboardResponse(status: 303, "")
        response.headers.append(("Location", path))
        return response
    }
}
