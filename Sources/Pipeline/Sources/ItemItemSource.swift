import Stores

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The neighbours of what the user met lately: who bought this also bought.
///
/// score(i) = Σ_j w(j) · cos(j, i), j the last contacts, w = (how much the kind of contact counts) · 2^(−age / half-life)
struct ItemItemSource: CandidateSource {
    let configuration: CandidateSourceConfiguration
    let name: String
    var isImmediate: Bool { true }

    init(_ configuration: CandidateSourceConfiguration) {
        self.configuration = configuration
        name = configuration.name
    }

    /// - Complexity: O(history · neighbours) a request
    func propose(_ batch: RequestBatch) -> [[ScoredItem]] {
        batch.visitors.enumerated().map { row, visitor in
            let recent = visitor.contacts.suffix(configuration.history)
            guard let latest = recent.last?.time else { return [] }
            var sums: [Int32: Float] = [:]
            for contact in recent {
                // Ages among each other: a user who comes back after a year is known by what came last.
                let age = max(0, Double(latest - contact.time))
                let weight = Self.weight(of: contact.kind) * Float(exp2(-age / configuration.halfLife))
                guard weight > 0 else { continue }
                let near = batch.bundle.neighbors[Int(contact.item)]
                for place in near.items.indices { sums[near.items[place], default: 0] += weight * near.numbers[place] }
            }
            let filters = batch.filters[row]
            var found = sums.map { ScoredItem(item: $0.key, score: $0.value) }
            found.sort { ($1.score, $0.item) < ($0.score, $1.item) }
            var kept: [ScoredItem] = []
            for entry in found where !filters.contains(where: { $0.drops(entry.item) }) {
                kept.append(entry)
                if kept.count == configuration.take { break }
            }
            return kept
        }
    }

    private static func weight(of kind: Event.Kind) -> Float {
        switch kind {
        case .purchase: 1
        case .cart: 0.8
        case .view, .click: 0.4
        case .impression: 0
        }
    }
}
