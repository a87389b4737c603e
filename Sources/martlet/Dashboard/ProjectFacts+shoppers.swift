import Core
import Dashboard
import Features
import Flow
import FoundationEssentials
import Pipeline
import Project
import Stores

extension ProjectFacts {
    /// As many different items of a history are looked at for reasons.
    private static let reasonItems = 60

    /// The live version's dataset; nil if nothing is published or its run is gone.
    func served() async throws -> (version: PublishedVersion, data: InteractionDataset)? {
        guard let live = try await published().live else { return nil }
        let run = live.manifest.modelVersion
        guard let made = try? runner.store.result(run: run, step: "recommend") else { return nil }
        let path = try runner.store.path(run: run, step: made.value["dataset"]?.string ?? "", artifact: "dataset")
        return (live, try kept.data(path))
    }

    func someShoppers() async -> [String] {
        guard let data = try? await served()?.data else { return [] }
        return (0..<min(8, data.users.count)).map { data.users.id($0) }
    }

    func shopper(_ user: String) async throws -> ShopperFacts {
        var facts = ShopperFacts(user: user)
        let data = try await served()?.data
        if let data, let index = data.users.index(of: user) {
            facts.isKnown = true
            facts.history = try history(of: index, in: data)
            facts.contacts = facts.history.count
        }
        guard try await published().live != nil else { return facts }
        let name = project.name
        let past = facts.history.map(\.item)
        let (list, because) = try await withStore(of: project, readOnly: true) {
            store -> (ServedList, [String: [ShownItem]]) in
            let reader = ListReader(store: store, shop: name)
            let list = try await ServedList(of: user, reader: reader)
            guard let snapshot = reader.snapshot else { return (list, [:]) }
            return (list, try await Self.because(past, list, snapshot))
        }
        facts.version = list.manifest.version
        facts.isFallback = list.isFallback
        facts.list = list.items.map { item in
            .init(item: ShownItem(id: item.id, title: item.title), score: item.score, because: because[item.id] ?? [])
        }
        await answer(&facts)
        return facts
    }

    private func history(of user: Int, in data: InteractionDataset) throws -> [ShopperFacts.Contact] {
        let titles = try data.title.flatMap { try data.catalogue?.column($0) }
        var contacts: [ShopperFacts.Contact] = []
        for window in [Window.train, .validation, .test] {
            let rows = try data.interactions(window)
            for (row, other) in rows.users.values.enumerated() where Int(other) == user {
                let item = Int(rows.items[row])
                contacts.append(
                    .init(
                        item: ShownItem(id: data.items.id(item), title: titles?.text(item) ?? ""), time: rows.times[row]
                    ))
            }
        }
        return contacts.sorted { $0.time > $1.time }
    }

    /// For each item of the list those of the history to whose similar items it belongs, the most similar three.
    private static func because(
        _ history: [ShownItem], _ list: ServedList, _ snapshot: ListSnapshot
    ) async throws -> [String: [ShownItem]] {
        let wanted = Set(list.items.map(\.id))
        var seen: Set<String> = []
        var found: [String: [(item: ShownItem, score: Float)]] = [:]
        for item in history where seen.count < reasonItems && seen.insert(item.id).inserted {
            guard let similar = try await snapshot.similar(item: item.id) else { continue }
            for (place, score) in zip(similar.items, similar.scores) {
                let id = snapshot.catalogue.id(Int(place))
                if wanted.contains(id) { found[id, default: []].append((item, score)) }
            }
        }
        return found.mapValues { reasons in
            reasons.sorted { ($1.score, $0.item.id) < ($0.score, $1.item.id) }.prefix(3).map(\.item)
        }
    }

    /// What the pipeline answers, with each item's way.
    private func answer(_ facts: inout ShopperFacts) async {
        guard let pipeline = project.pipeline, let version = facts.version else { return }
        do {
            let bundle = try kept.bundle(version) {
                try ServedBundle(folder: project.publishing.bundleStore.path(version: version), configuration: pipeline)
            }
            var request = PipelineRequest(user: facts.user, k: nil)
            request.explains = true
            let answers = await RecommendationPipeline(pipeline, bundle: bundle, activity: NoActivity())
                .answers(to: [request], wall: Int64(Date().timeIntervalSince1970))
            guard let answer = answers.first, let explanation = answer.explanation else { return }
            facts.answer = explanation.items.map { item in
                let shown = try? JSONValue(parsing: bundle.showText(item.index))
                return .init(
                    item: ShownItem(id: bundle.id(item.index), title: shown?["title"]?.string ?? ""),
                    score: Double(item.score ?? item.proposals.first?.score ?? 0), reasons: Self.way(item))
            }
        } catch {
            let reason = (error as? MartletError)?.message ?? "\(error)"
            facts.answerFault = "The pipeline cannot be asked: \(reason)"
        }
    }

    private static func way(_ item: Explanation.Item) -> [String] {
        var lines = [item.verdict]
        if !item.proposals.isEmpty {
            lines.append(
                "proposed by " + item.proposals.map { "\($0.source) (rank \($0.rank))" }.joined(separator: ", "))
        }
        if let rank = item.rank { lines.append("ranked \(rank)") }
        for move in item.moves {
            lines.append("\(move.rule) moved it from \(move.from.map(String.init) ?? "nowhere") to \(move.to)")
        }
        return lines.filter { !$0.isEmpty }
    }

    func item(_ id: String) async throws -> ItemFacts? {
        let name = project.name
        guard try await published().live != nil else { return nil }
        return try await withStore(of: project, readOnly: true) { store in
            let reader = ListReader(store: store, shop: name)
            try await reader.refresh()
            guard let snapshot = reader.snapshot, let place = snapshot.catalogue.index(of: id) else { return nil }
            let similar = try await snapshot.similar(item: id)
            return ItemFacts(
                item: ShownItem(id: id, title: snapshot.catalogue.title(place)),
                shown: (snapshot.catalogue[place].show.object ?? [:]).mapValues { $0.string ?? $0.description },
                similar: zip(similar?.items ?? [], similar?.scores ?? []).map { other, score in
                    let other = Int(other)
                    return (
                        ShownItem(id: snapshot.catalogue.id(other), title: snapshot.catalogue.title(other)),
                        Double(score)
                    )
                })
        }
    }
}
