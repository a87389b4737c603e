import Core
import Dashboard
import Flow
import Foundation
import Stores

/// A store of runs in a folder of its own, with one finished run and one that failed; and a dashboard over it.
final class Shop: Sendable {
    static let key = "the key of the tests"
    /// A name that a page must not take for markup.
    static let nasty = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"

    let folder: String
    let store: RunStore
    let dashboard: Dashboard
    let facts: FactsOfTests

    init(base: String = "") throws {
        folder = NSTemporaryDirectory() + "martlet-dashboard-\(UUID().uuidString)"
        store = try RunStore(folder: folder)
        facts = FactsOfTests()
        dashboard = Dashboard(store: store, facts: facts, key: try AdminKey(Self.key), base: base)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// Runs a flow that looks like a shop's: two trainings, a choice, and names that are hard to show.
    func run(fails: Bool = false) async throws -> String {
        let trainings = [("a<b", 0.1), ("c&d", 0.25)].map { label, recall in
            Step(
                "train[\(label)]", dependencies: ["load"],
                parameters: ["kind": "mf", "hyperparameters": ["rate": .number(recall), "name": .string(Self.nasty)]]
            ) { context in
                try context.record([
                    Fact(.parameter, "kind", "mf"), Fact(.parameter, "rate", .number(recall)),
                    Fact(.parameter, "name", .string(Self.nasty)), Fact(.version, "data", .string(Self.nasty)),
                ])
                for pass in 1...3 { try context.log("loss", 1 / Double(pass), at: pass) }
                try Data("weights".utf8).write(to: URL(filePath: context.output("model")))
                context.setValue([
                    "loss": [3, 2, 1], "validation": [0.01, .number(recall), 0.02], "model": "mf", "epochs": 3,
                ])
            }
        }
        let select = Step(
            "select", dependencies: trainings.map(\.name), parameters: ["select": "recall@12", "fails": .bool(fails)]
        ) { context in
            if fails { throw MartletError(.failedCheck, "no model is \(Self.nasty)") }
            context.setValue([
                "winner": "c&d",
                "points": [
                    ["name": "a<b", "metrics": ["recall@12": ["value": 0.1, "low": 0.05, "high": 0.15]]],
                    ["name": "c&d", "metrics": ["recall@12": ["value": 0.25, "low": 0.2, "high": 0.3]]],
                ],
            ])
        }
        let load = Step("load", isMemoised: false) { context in
            context.setValue([
                "sources": ["sales<1>": ["rows": 1200, "rejected": 34, "version": 2]]
            ])
        }
        let graph = try FlowGraph(name: "shop", steps: [load] + trainings + [select])
        return try await FlowRunner(store: store).run(graph, parameters: ["name": "shop"]).run
    }

    /// Asks for a page with the key.
    func get(_ target: String, key: String? = Shop.key, cookie: String? = nil) async -> DashboardResponse {
        var request = DashboardRequest(method: "GET", target: target, base: dashboard.base)
        (request.key, request.cookie) = (key, cookie)
        return await dashboard.respond(to: request)
    }
}

/// What a project would say.
struct FactsOfTests: ShopFacts {
    let shop = "shop"

    func checks() async -> [HealthCheck] {
        [HealthCheck(name: "Store", state: .warning, text: "is \(Shop.nasty)")]
    }

    func published() async throws -> PublishedFacts {
        var manifests = (1...2).map { number in
            var manifest = ListManifest(
                model: "mf", modelVersion: "20261123-0117-ab12", created: 1_790_000_000 + Int64(number), k: 12,
                metrics: ["recall@12": 0.1 * Double(number)])
            manifest.version = number
            (manifest.users, manifest.items) = (1234, 567)
            return manifest
        }
        manifests[1].model = Shop.nasty
        return PublishedFacts(
            versions: manifests.map { PublishedVersion(version: $0.version, manifest: $0, isLive: $0.version == 2) },
            liveSince: 1_790_000_100, store: "memory")
    }

    func rollBack() async throws -> Int { 1 }

    func difference(from: Int, to: Int) async throws -> ListDifference {
        throw MartletError(.notFound, "there is no version \(from)")
    }

    func shopper(_ user: String) async throws -> ShopperFacts {
        var facts = ShopperFacts(user: user)
        let item = ShownItem(id: "85123A", title: Shop.nasty)
        facts.isKnown = true
        facts.contacts = 1
        facts.version = 2
        facts.history = [.init(item: item, time: 1_790_000_000)]
        facts.list = [.init(item: item, score: 0.5, because: [item])]
        facts.answer = [.init(item: item, score: 0.25, reasons: ["proposed by \(Shop.nasty)"])]
        return facts
    }

    func someShoppers() async -> [String] { [Shop.nasty] }

    func item(_ id: String) async throws -> ItemFacts? {
        id == "none"
            ? nil
            : ItemFacts(
                item: ShownItem(id: id, title: Shop.nasty), shown: [Shop.nasty: Shop.nasty],
                similar: [(ShownItem(id: "b", title: Shop.nasty), 0.5)])
    }

    func itemMap(run: String) async throws -> ItemMap? { nil }
}
