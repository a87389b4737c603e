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
    /// Sums that no request uses just now.
    private let idle = IdleSums()
    var isImmediate: Bool { true }

    init(_ configuration: CandidateSourceConfiguration) {
        self.configuration = configuration
        name = configuration.name
    }

    /// - Complexity: O(history · neighbours) a request
    func propose(_ batch: RequestBatch) -> [[ScoredItem]] {
        let sums = idle.take(count: batch.bundle.items.count)
        defer { idle.put(sums) }
        return batch.visitors.enumerated().map { row, visitor in
            let recent = visitor.contacts.suffix(configuration.history)
            guard let latest = recent.last?.time else { return [] }
            for contact in recent {
                // Ages among each other: a user who comes back after a year is known by what came last.
                let age = max(0, Double(latest - contact.time))
                let weight = Self.weight(of: contact.kind) * Float(exp2(-age / configuration.halfLife))
                guard weight > 0 else { continue }
                let near = batch.bundle.neighbors[Int(contact.item)]
                sums.add(near.items, near.numbers, times: weight)
            }
            let filters = batch.filters[row]
            return sums.best(configuration.take) { item in !filters.contains { $0.drops(item) } }
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
