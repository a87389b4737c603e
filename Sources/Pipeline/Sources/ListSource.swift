/// The user's list that was made in batch.
struct ListSource: CandidateSource {
    let configuration: CandidateSourceConfiguration
    let name: String
    var isImmediate: Bool { true }

    init(_ configuration: CandidateSourceConfiguration) {
        self.configuration = configuration
        name = configuration.name
    }

    func propose(_ batch: RequestBatch) -> [[ScoredItem]] {
        batch.visitors.enumerated().map { row, visitor in
            let list = batch.bundle.lists[Int(visitor.index)]
            let filters = batch.filters[row]
            var found: [ScoredItem] = []
            for place in list.items.indices where !filters.contains(where: { $0.drops(list.items[place]) }) {
                found.append(ScoredItem(item: list.items[place], score: list.numbers[place]))
                if found.count == configuration.take { break }
            }
            return found
        }
    }
}
