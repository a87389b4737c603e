import Core

/// The first items of an order that is the same for everyone: what trends, what sells, what is new.
struct OrderSource: CandidateSource {
    let configuration: CandidateSourceConfiguration
    let name: String
    var isImmediate: Bool { true }

    init(_ configuration: CandidateSourceConfiguration) {
        self.configuration = configuration
        name = configuration.name
    }

    /// Walks down the order past what filters would drop.
    func propose(_ batch: RequestBatch) -> [[ScoredItem]] {
        let items = batch.bundle.items
        return (0..<batch.count).map { row in
            let filters = batch.filters[row]
            var found: [ScoredItem] = []
            for item in configuration.kind == .new ? items.byAge : order(items) {
                let score: Float
                switch configuration.kind {
                case .popular: score = items.popularity[Int(item)]
                case .new:
                    let age = Double(batch.bundle.manifest.dataEnd - items.appeared[Int(item)])
                    guard age <= configuration.within else { return found }
                    score = -Float(age / 86_400)
                default: score = items.trend[Int(item)]
                }
                if filters.contains(where: { $0.drops(item) }) { continue }
                found.append(ScoredItem(item: item, score: score))
                if found.count == configuration.take { break }
            }
            return found
        }
    }

    private func order(_ items: ItemTable) -> [Int32] {
        configuration.kind == .popular ? items.byPopularity : items.byTrend
    }
}
