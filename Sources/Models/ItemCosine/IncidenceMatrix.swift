import Tensor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Who took what, weighed: the sparse `U × N` matrix whose columns are compared.
enum IncidenceMatrix {
    /// Makes the matrix from histories: each item once a user, the latest `longest-history` ones.
    ///
    /// Σ over a user's rows of an item of weight · decay, then the weighting. A user's items stand by index.
    ///
    /// - Complexity: O(rows · log(rows of a user))
    static func make(
        _ histories: UserHistories, itemCount: Int, settings: ItemCosineHyperparameters
    ) -> SparseRows {
        let end = histories.end ?? 0
        let decay = TimeDecay(halfLife: settings.halfLife)
        var offsets = [0]
        offsets.reserveCapacity(histories.userCount + 1)
        var items: [Int32] = []
        var values: [Float] = []
        var sums: [Int32: Float] = [:]
        for user in 0..<histories.userCount {
            sums.removeAll(keepingCapacity: true)
            for entry in histories.entries(of: Int32(user)).reversed() {
                let item = histories.items[entry]
                guard sums.count < settings.longestHistory || sums[item] != nil else { continue }
                sums[item, default: 0] +=
                    histories.weights[entry] * Float(decay.weight(of: histories.times[entry], at: end))
            }
            for (item, sum) in sums.sorted(by: { $0.key < $1.key }) {
                items.append(item)
                values.append(settings.weighting == .none && settings.halfLife == nil ? 1 : sum)
            }
            offsets.append(items.count)
        }
        switch settings.weighting {
        case .none: break
        case .log: for entry in values.indices { values[entry] = log1p(values[entry]) }
        case .bm25: weighBM25(&values, items: items, offsets: offsets, itemCount: itemCount)
        }
        return SparseRows(columns: itemCount, offsets: offsets, indices: items, values: values)
    }

    /// value · (k₁ + 1) / (k₁ · (1 − b + b · |u| / mean |u|) + value) · log(U / (1 + users of the item)), with
    /// k₁ = 1.2 and b = 0.75 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009).
    private static func weighBM25(_ values: inout [Float], items: [Int32], offsets: [Int], itemCount: Int) {
        let users = offsets.count - 1
        var frequency = [Int](repeating: 0, count: itemCount)
        for item in items { frequency[Int(item)] += 1 }
        let mean = max(Float(items.count) / Float(max(users, 1)), 1e-9)
        for user in 0..<users {
            let length = Float(offsets[user + 1] - offsets[user])
            for entry in offsets[user]..<offsets[user + 1] {
                let rarity = max(log(Float(users) / Float(1 + frequency[Int(items[entry])])), 1e-3)
                let saturated = values[entry] * 2.2 / (1.2 * (0.25 + 0.75 * length / mean) + values[entry])
                values[entry] = saturated * rarity
            }
        }
    }
}
