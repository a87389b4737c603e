/// What the stages leave of one request for its explanation.
struct Recording: Sendable {
    /// What each source proposed.
    var lists: [[ScoredItem]] = []
    /// The same without filters, where a filter drops the item that was asked for.
    var unfiltered: [[ScoredItem]]?
    /// The candidates in the order of the ranks, before any rule.
    var ranked: [Candidate] = []
    /// Whether a model made ``ranked``.
    var isScored = false
    /// The model's score of the item that was asked for, where that was no candidate.
    var askedScore: Float?
    /// The order after each rule.
    var orders: [(rule: String, items: [Int32])] = []
}

extension Explanation {
    /// Tells the way of the answer's items and of the item that was asked for.
    init(
        _ recording: Recording, items: [Int32], asked: Int32?, row: Int, batch: RequestBatch, sources: [String],
        isFilled: Set<Int32>, features: FreshFeatures?
    ) {
        let visitor = batch.visitors[row]
        let wanted = items + [asked].compactMap { $0 }.filter { !items.contains($0) }
        let offset = batch.bundle.manifest.clockOffset
        self.init(
            items: [], unknownItem: asked == nil ? batch.requests[row].item : nil, contacts: visitor.contacts.count,
            history: visitor.history.count, latestEvent: visitor.latestEvent.map { ($0 + offset) * 1_000_000 },
            features: features)
        let ranks = Dictionary(
            uniqueKeysWithValues: recording.ranked.enumerated().map { ($1.item, (rank: $0 + 1, score: $1.score)) })
        self.items = wanted.map { item in
            var told = Item(index: item)
            let lists = item == asked ? recording.unfiltered ?? recording.lists : recording.lists
            for (source, list) in lists.enumerated() {
                if let rank = list.firstIndex(where: { $0.item == item }) {
                    told.proposals.append(.init(source: sources[source], rank: rank + 1, score: list[rank].score))
                }
            }
            told.features = batch.items.lazy.compactMap { $0.features(of: item) }.first
            told.filteredBy = batch.filters[row].filter { $0.drops(item) }.map(\.rule)
            if let found = ranks[item] {
                told.isCandidate = true
                told.rank = found.rank
                told.score = recording.isScored ? found.score : nil
            } else if item == asked {
                told.score = recording.askedScore
            }
            var place = told.rank
            for order in recording.orders {
                guard let now = order.items.firstIndex(of: item).map({ $0 + 1 }), now != place else { continue }
                told.moves.append(.init(rule: order.rule, from: place, to: now))
                place = now
            }
            told.place = items.firstIndex(of: item).map { $0 + 1 }
            if isFilled.contains(item) {
                told.verdict = "filled in from what sells, since the other candidates ran out"
            } else {
                told.verdict = told.sentence(answerLength: items.count, standing: place)
            }
            return told
        }
    }
}

extension Explanation.Item {
    fileprivate func sentence(answerLength: Int, standing: Int?) -> String {
        if let place {
            let moved = moves.isEmpty ? "" : ", moved by \(moves.map(\.rule).joined(separator: ", "))"
            let names = proposals.map(\.source).joined(separator: ", ")
            return "place \(place): " + (names.isEmpty ? "put there" : "proposed by \(names)") + moved
        }
        if !filteredBy.isEmpty { return "not shown: filtered by \(filteredBy.joined(separator: ", "))" }
        if let standing {
            let moved = moves.last.map { ", moved there by \($0.rule)" } ?? ""
            return "not shown: it stands at \(standing)\(moved), and the answer ends at \(answerLength)"
        }
        if proposals.isEmpty { return "not shown: no source proposed it" }
        return "not shown: proposed by \(proposals.map(\.source).joined(separator: ", ")), but the candidates were full"
    }
}
