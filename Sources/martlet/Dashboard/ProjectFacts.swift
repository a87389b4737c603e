import Core
import Dashboard
import Features
import Flow
import FoundationEssentials
import Project
import Serving
import Stores

/// What the dashboard shows of a project beside its runs.
struct ProjectFacts: ShopFacts {
    let project: ProjectConfiguration
    let serving: ServingConfiguration
    let runner: ShopRunner
    /// Whether this very process serves recommendations.
    let isServing: Bool
    let kept = KeptFacts()

    /// Opens the project's store of runs.
    ///
    /// - Throws: `system` or `corrupted` if it cannot be opened.
    init(project: ProjectConfiguration, serving: ServingConfiguration, isServing: Bool) throws {
        self.project = project
        self.serving = serving
        self.isServing = isServing
        runner = try ShopRunner(project)
    }

    var shop: String { project.name }

    // MARK: - Published versions

    func published() async throws -> PublishedFacts {
        let name = project.name
        do {
            return try await withStore(of: project, readOnly: true) { store in
                let publisher = ListPublisher(store: store, shop: name)
                return PublishedFacts(
                    versions: try await publisher.versions(), liveSince: try await publisher.liveSince(),
                    store: store.summary)
            }
        } catch let error as MartletError where error.code == .notFound {
            return PublishedFacts(versions: [], liveSince: nil, store: project.publishing.store.summary)
        }
    }

    func rollBack() async throws -> Int {
        let name = project.name
        return try await withStore(of: project, readOnly: false) { store in
            try await ListPublisher(store: store, shop: name).rollback().version
        }
    }

    func difference(from: Int, to: Int) async throws -> ListDifference {
        let name = project.name
        return try await withStore(of: project, readOnly: true) { store in
            try await ListPublisher(store: store, shop: name).difference(from: from, to: to)
        }
    }

    // MARK: - Health

    func checks() async -> [HealthCheck] {
        var checks = [await lists()]
        if isServing {
            checks.append(HealthCheck(name: "Server", state: .ok, text: "this process answers requests"))
        } else if let probe = ServerProbe(serving) {
            checks.append(probe.check())
        }
        if let data = try? await served()?.data {
            let end = Date(timeIntervalSince1970: Double(data.split.end)).formatted(.iso8601).prefix(10)
            checks.append(
                HealthCheck(
                    name: "Data", state: .ok,
                    text: "the live version knows \(data.users.count) users and \(data.items.count) items, up to \(end)"
                ))
        }
        return checks
    }

    private func lists() async -> HealthCheck {
        do {
            let published = try await published()
            guard let live = published.live else {
                return HealthCheck(name: "Lists", state: .warning, text: "nothing is published in \(published.store)")
            }
            try await withStore(of: project, readOnly: true) { try await $0.checkHealth() }
            let text = "version \(live.version) can be read from \(published.store)"
            if let newest = published.versions.last, newest.version != live.version {
                return HealthCheck(
                    name: "Lists", state: .warning, text: "\(text); version \(newest.version) was rolled back")
            }
            return HealthCheck(name: "Lists", state: .ok, text: text)
        } catch {
            return HealthCheck(name: "Lists", state: .error, text: "\((error as? MartletError)?.message ?? "\(error)")")
        }
    }

    // MARK: - Models

    func itemMap(run: String) async throws -> ItemMap? {
        let key = try runner.store.result(run: run, step: "evaluate")?.key ?? run
        return try kept.map(key) {
            guard let found = try ItemProjection(runner: runner, run: run) else { return nil }
            let most = Double(max(1, found.points.map(\.interactions).max() ?? 1))
            let sizes = Dictionary(grouping: found.points.filter { !$0.category.isEmpty }, by: \.category)
            let groups = sizes.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map(\.key)
            let places = Dictionary(uniqueKeysWithValues: groups.enumerated().map { ($1, $0) })
            return ItemMap(
                model: found.model, groups: groups,
                points: found.points.map { point in
                    ItemMap.Point(
                        item: ShownItem(id: point.id, title: point.title), x: point.x, y: point.y,
                        group: places[point.category] ?? 0, popularity: Double(point.interactions) / most)
                }, explained: found.explained)
        }
    }
}
