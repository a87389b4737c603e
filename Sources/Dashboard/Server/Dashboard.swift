import Core
import Flow
import FoundationEssentials

/// The dashboard of one project: requests in, pages out.
///
/// Pages are made anew for each request from the store of runs, which is only read, and from the shop's facts. Whoever
/// asks must show the key (as a header, or once in a form, after which a cookie stands for it); without it every page is
/// answered by 401.
public struct Dashboard: Sendable {
    let store: RunStore
    let facts: any ShopFacts
    let key: AdminKey
    /// What every path of the dashboard begins with; empty or `/ui`.
    public let base: String
    /// Whether the cookie goes over encrypted connections alone.
    let isEncrypted: Bool

    /// Makes a dashboard.
    ///
    /// - Parameters:
    ///   - store: the project's runs.
    ///   - facts: what only the project knows.
    ///   - key: opens it.
    ///   - base: what its paths begin with: empty, or `/ui` beside other paths.
    ///   - isEncrypted: whether browsers reach it over TLS.
    public init(store: RunStore, facts: any ShopFacts, key: AdminKey, base: String = "", isEncrypted: Bool = false) {
        self.store = store
        self.facts = facts
        self.key = key
        self.base = base
        self.isEncrypted = isEncrypted
    }

    private var cookieName: String { "martlet-\(facts.shop)" }

    /// Answers one request.
    package func respond(to request: DashboardRequest) async -> DashboardResponse {
        if request.method == "GET", let file = file(request.path) { return file }
        if request.path == ["login"] { return login(request) }
        guard let session = session(of: request) else { return unauthorized(request) }
        do {
            if request.method == "POST" { return try await post(request) }
            guard request.method == "GET" else {
                return answer(ProblemPage.page(405, "The dashboard answers to GET and POST", hint: nil), session)
            }
            return answer(try await page(request, session), session)
        } catch {
            let failure = error as? MartletError ?? MartletError("failed", "\(error)")
            let status = failure.code == .notFound ? 404 : failure.code == .busy ? 409 : 500
            return answer(ProblemPage.page(status, failure.message, hint: failure.hint), session)
        }
    }

    private func answer(_ page: Page, _ session: Session?) -> DashboardResponse {
        DashboardResponse(
            status: page.status, page.document(shop: facts.shop, base: base, session: session).text)
    }

    private func file(_ path: [String]) -> DashboardResponse? {
        switch path {
        case ["style.css"]: .file(dashboardStylesheet, type: "text/css; charset=utf-8")
        case ["live.js"]: .file(liveScript, type: "text/javascript; charset=utf-8")
        case ["icon.svg"]: .file(icon, type: "image/svg+xml")
        default: nil
        }
    }

    // MARK: - Pages

    private func page(_ request: DashboardRequest, _ session: Session) async throws -> Page {
        let (path, query) = (request.path, request.query)
        switch (path.first, path.count) {
        case (nil, _): return try await OverviewPage(self).page()
        case ("runs", 1): return try RunsPage(self).page(before: query["before"])
        case ("runs", 2): return try RunPage(self, run: path[1]).page()
        case ("runs", 4) where path[2] == "steps": return try StepPage(self, run: path[1], step: path[3]).page()
        case ("experiments", 1): return try ExperimentsPage(self, query).page()
        case ("experiments", 2) where path[1] == "compare": return try ExperimentComparison(self, query).page()
        case ("data", 1): return try DataPage(self, run: query["run"]).page()
        case ("models", 1): return try await ModelsPage(self, run: query["run"]).page()
        case ("shoppers", 1): return try await ShoppersPage(self).page(user: query["user"])
        case ("items", 1): return try await ItemPage(self).page(item: query["id"])
        case ("versions", 1): return try await VersionsPage(self, session).page()
        case ("versions", 2) where path[1] == "compare": return try await VersionComparison(self, query).page()
        default:
            throw MartletError(
                .notFound, "there is no page '/\(path.joined(separator: "/"))'", hint: "start at the overview")
        }
    }

    private func post(_ request: DashboardRequest) async throws -> DashboardResponse {
        // Who shows the key itself cannot have been sent by another site; who shows a cookie must show the form's token.
        if request.key == nil {
            guard let cookie = request.cookie, let token = request.form["token"],
                key.accepts(formToken: token, cookie: cookie)
            else {
                return answer(
                    ProblemPage.page(
                        403, "The form does not belong to this session", hint: "go back, load the page again, and retry"
                    ),
                    session(of: request))
            }
        }
        switch request.path {
        case ["versions", "rollback"]:
            let version = try await facts.rollBack()
            return .redirect(to: "\(base)/versions?live=\(version)")
        case ["logout"]:
            var response = DashboardResponse.redirect(to: "\(base)/")
            response.headers.append(("Set-Cookie", cookieHeader("", lifetime: 0)))
            return response
        default: throw MartletError(.notFound, "nothing is done at this path")
        }
    }

    // MARK: - Who may come in

    private func session(of request: DashboardRequest) -> Session? {
        if let shown = request.key { return key.accepts(shown) ? Session(token: nil) : nil }
        guard let cookie = request.cookie, key.accepts(cookie: cookie, now: now) else { return nil }
        return Session(token: key.formToken(cookie: cookie))
    }

    private func login(_ request: DashboardRequest) -> DashboardResponse {
        guard let shown = request.form["key"] ?? request.query["key"] else { return unauthorized(request) }
        guard key.accepts(shown) else { return unauthorized(request, isWrong: true) }
        var response = DashboardResponse.redirect(to: "\(base)/")
        response.headers.append(("Set-Cookie", cookieHeader(key.cookie(now: now), lifetime: AdminKey.lifetime)))
        return response
    }

    private func unauthorized(_ request: DashboardRequest, isWrong: Bool = false) -> DashboardResponse {
        var response = answer(LoginPage.page(base: base, isWrong: isWrong || request.key != nil), nil)
        response.headers.append(("WWW-Authenticate", "Bearer realm=\"martlet\""))
        return response
    }

    private func cookieHeader(_ value: String, lifetime: Int) -> String {
        "\(cookieName)=\(value); Path=\(base.isEmpty ? "/" : base); Max-Age=\(lifetime); HttpOnly; SameSite=Strict"
            + (isEncrypted ? "; Secure" : "")
    }

    /// The session's cookie among all that a browser sent.
    package func cookie(in header: String) -> String? {
        for pair in header.split(separator: ";") {
            let trimmed = pair.drop { $0 == " " }
            if trimmed.hasPrefix("\(cookieName)=") { return String(trimmed.dropFirst(cookieName.count + 1)) }
        }
        return nil
    }

    var now: Double { Date().timeIntervalSince1970 }
}
