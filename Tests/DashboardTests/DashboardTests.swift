import Core
import Dashboard
import Evaluation
import Flow
import Testing

/// The pages over a store of runs.
struct DashboardTests {
    /// Every page of a shop with one finished and one failed run.
    private static func pages(_ shop: Shop, run: String) -> [String] {
        [
            "/", "/runs", "/runs/\(run)", "/runs/\(run)/steps/train%5Ba%3Cb%5D", "/runs/\(run)/steps/select",
            "/experiments", "/experiments?q=c%26d&sort=took&model=mf", "/data", "/models", "/shoppers",
            "/shoppers?user=u", "/items?id=a", "/versions", "/nowhere", "/runs/none", "/experiments/compare?a=1&b=99",
        ]
    }

    @Test func whatTheStoreHoldsStandsOnThePages() async throws {
        let shop = try Shop()
        let run = try await shop.run()
        let overview = await shop.get("/").body
        #expect(overview.contains("version 2") && overview.contains(run) && overview.contains("finished"))
        let page = await shop.get("/runs/\(run)").body
        for step in try shop.store.steps(run: run) {
            #expect(page.contains(">\(step.name.replacing("<", with: "&lt;").replacing("&d", with: "&amp;d"))</a>"))
        }
        #expect(page.contains("4 of 4") && page.contains("train[…]"))
        let experiments = await shop.get("/experiments").body
        #expect(experiments.contains("recall@12") && experiments.contains("0.25"))
        #expect(experiments.contains("loss: c&amp;d from 1 to 0.3333; a&lt;b from 1 to 0.3333"))
        #expect(experiments.contains("2 experiments; the best is c&amp;d of \(run)"))
        // The best first.
        let places = ["c&amp;d</a>", "a&lt;b</a>"].compactMap { experiments.firstRange(of: $0)?.lowerBound }
        #expect(places.count == 2 && places[0] < places[1])
        let data = await shop.get("/data").body
        #expect(data.contains("1,200") && data.contains("34") && data.contains("sales&lt;1&gt;"))
        let step = await shop.get("/runs/\(run)/steps/train%5Bc%26d%5D").body
        let digest = try #require(try shop.store.result(run: run, step: "train[c&d]")?.artifacts["model"]?.digest.hex)
        #expect(step.contains(digest.prefix(16)) && step.contains("7 B"))
    }

    @Test func twoTrainingsAreCompared() async throws {
        let shop = try Shop()
        let run = try await shop.run()
        let ids = ["a%3Cb", "c%26d"].map { "\(run)%2Ftrain%5B\($0)%5D" }
        let page = await shop.get("/experiments/compare?a=\(ids[0])&b=\(ids[1])")
        #expect(page.status == 200)
        #expect(page.body.contains("+0.1500 (+150.0 %)"))
        #expect(page.body.contains("1 parameter that do not differ") && page.body.contains("rate"))
        // The loss of both, from the points that were logged: 1 to 1/3.
        #expect(page.body.contains("loss: A: a&lt;b from 1 to 0.3333; B: c&amp;d from 1 to 0.3333"))
        #expect(page.body.contains("1 fact that do not differ"))
    }

    @Test func theWinnerStandsBesideWhatIsLive() async throws {
        let shop = try Shop()
        let interval = Interval(value: 0.25, low: 0.2, high: 0.3)
        let model = ModelEvaluation(name: "mf", metrics: ["recall@12": interval, "ndcg@12": interval], users: 10)
        let report = EvaluationReport(
            title: "shop", protocol: "all items ranked", models: [model], winner: "mf", selectedBy: "recall@12"
        ).json
        let step = Step("evaluate") { $0.setValue(report) }
        let run = try await FlowRunner(store: shop.store).run(FlowGraph(name: "shop", steps: [step])).run
        let page = await shop.get("/models?run=\(run)")
        #expect(page.status == 200, "\(page.body)")
        // The live version 2 had 0.2 in recall, and says nothing of ndcg.
        #expect(page.body.contains("The winner of this run beside version 2"))
        #expect(page.body.contains("+0.0500 (+25.0 %)") && !page.body.contains("<td>ndcg@12"))
        #expect(page.body.contains("were not judged on the same users"))
    }

    @Test func noNameBecomesMarkup() async throws {
        let shop = try Shop()
        let run = try await shop.run(fails: true)
        for path in Self.pages(shop, run: run) {
            let body = await shop.get(path).body
            #expect(!body.contains("<script>alert") && !body.contains("<img"), "\(path)")
        }
        #expect(await shop.get("/runs/\(run)").body.contains("no model is &lt;script&gt;"))
    }

    @Test func withoutTheKeyNothingIsShown() async throws {
        let shop = try Shop()
        let run = try await shop.run()
        for path in Self.pages(shop, run: run) {
            for (key, cookie) in [(nil, nil), ("wrong", nil), (nil, "1.2"), ("wrong", "1.2")] as [(String?, String?)] {
                let answer = await shop.get(path, key: key, cookie: cookie)
                #expect(answer.status == 401)
                #expect(!answer.body.contains(run) && !answer.body.contains("Experiments"))
            }
        }
    }

    @Test func theKeyOpensASessionWhoseFormsAreItsOwn() async throws {
        let shop = try Shop(base: "/ui")
        var request = DashboardRequest(method: "POST", target: "/ui/login", base: "/ui")
        request.form = .init("key=the+key+of+the+tests")
        let entry = await shop.dashboard.respond(to: request)
        #expect(entry.status == 303)
        let header = try #require(entry.headers.first { $0.name == "Set-Cookie" }?.value)
        #expect(header.contains("HttpOnly") && header.contains("SameSite=Strict") && header.contains("Path=/ui"))
        let cookie = try #require(shop.dashboard.cookie(in: "other=1; " + header))
        let versions = await shop.get("/ui/versions", key: nil, cookie: cookie).body
        let token = try #require(versions.firstMatch(of: /name="token" value="([0-9a-f]{64})"/)?.1)
        var rollback = DashboardRequest(method: "POST", target: "/ui/versions/rollback", base: "/ui")
        rollback.cookie = cookie
        #expect(await shop.dashboard.respond(to: rollback).status == 403)
        rollback.form = .init("token=\(token.reversed())")
        #expect(await shop.dashboard.respond(to: rollback).status == 403)
        rollback.form = .init("token=\(token)")
        #expect(await shop.dashboard.respond(to: rollback).status == 303)
        rollback.cookie = nil
        #expect(await shop.dashboard.respond(to: rollback).status == 401)
        rollback.key = Shop.key
        #expect(await shop.dashboard.respond(to: rollback).status == 303)
    }

    @Test func anEmptyStoreHasPages() async throws {
        let shop = try Shop()
        for path in ["/", "/runs", "/experiments", "/data", "/models", "/shoppers", "/versions"] {
            #expect(await shop.get(path).status == 200, "\(path)")
        }
    }

    @Test(arguments: ["/runs/none", "/runs/none/steps/x", "/nowhere", "/experiments/compare", "/items?id=none"])
    func whatIsNotThereIsSaid(path: String) async throws {
        let answer = await (try Shop()).get(path)
        #expect(answer.status == 404)
    }

    @Test func pagesForbidWhatTheyDoNotNeed() async throws {
        let answer = await (try Shop()).get("/")
        let policy = try #require(answer.headers.first { $0.name == "Content-Security-Policy" }?.value)
        #expect(policy.hasPrefix("default-src 'none'") && !policy.contains("unsafe"))
        // What the policy would block must not be there.
        #expect(!answer.body.contains("style=\"") && !answer.body.contains("onclick"))
    }
}
