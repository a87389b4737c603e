import CKernels
import Tensor

/// One worker's coordinate descent: the weights of all items for one target item at a time.
///
/// min_w ½ ‖x − X w‖² + β/2 ‖w‖² + λ ‖w‖₁ over the items that met the target, the target itself left out. Only XᵀX is
/// looked at: the gradient of all candidates is kept up to date, a row of XᵀX (cut to the candidates, and kept while the
/// target is worked on) for each weight that moves. Sweeps run over the weights that are not 0 until those have settled,
/// then once over all, until nothing moves.
///
/// Source: Friedman, Hastie and Tibshirani, "Regularization Paths for Generalized Linear Models via Coordinate Descent"
/// (2010), "covariance updates" and active sets.
struct SLIMColumn {
    private let gram: SparseRows
    private let settings: SLIMHyperparameters
    /// Each item's place among the candidates, or −1.
    private var places: [Int32]
    private var candidates: [Int32] = []
    private var diagonal: [Float] = []
    private var weights: [Float] = []
    /// ⟨x_c, x − X w⟩ of each candidate c.
    private var gradient: [Float] = []
    /// Where in ``rows`` a candidate's row of XᵀX begins, or −1.
    private var rowOf: [Int] = []
    private var rows: [Float] = []

    /// - Parameter gram: XᵀX, from ``Cooccurrences``.
    init(_ gram: SparseRows, _ settings: SLIMHyperparameters) {
        self.gram = gram
        self.settings = settings
        places = [Int32](repeating: -1, count: gram.columns)
    }

    /// The weights for `target` that are not 0, by item.
    mutating func solve(_ target: Int) -> [(item: Int32, weight: Float)] {
        collect(target)
        defer { for item in candidates { places[Int(item)] = -1 } }
        let all = Array(candidates.indices)
        var sweeps = 0
        while sweeps < settings.sweeps {
            sweeps += 1
            guard sweep(all) else { break }
            let active = all.filter { weights[$0] != 0 }
            while sweeps < settings.sweeps, sweep(active) { sweeps += 1 }
        }
        return candidates.indices.filter { weights[$0] != 0 }.map { (candidates[$0], weights[$0]) }
    }

    /// Takes the items that may have a weight.
    private mutating func collect(_ target: Int) {
        candidates.removeAll(keepingCapacity: true)
        diagonal.removeAll(keepingCapacity: true)
        gradient.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        let values = gram.values ?? []
        for place in gram.range(target) {
            let item = gram.indices[place]
            // Counts and weights are not negative: the gradient only falls from here, so such an item never moves.
            if Int(item) == target || settings.nonnegative && Double(values[place]) <= settings.l1 { continue }
            places[Int(item)] = Int32(candidates.count)
            candidates.append(item)
            gradient.append(values[place])
            diagonal.append(0)
        }
        for (place, item) in candidates.enumerated() { diagonal[place] = ownCount(Int(item)) }
        weights = [Float](repeating: 0, count: candidates.count)
        rowOf = [Int](repeating: -1, count: candidates.count)
    }

    /// How many users took `item`, which stands in the item's own row.
    private func ownCount(_ item: Int) -> Float {
        var (low, high) = (gram.range(item).lowerBound, gram.range(item).upperBound)
        while low < high {
            let middle = (low + high) / 2
            if Int(gram.indices[middle]) < item { low = middle + 1 } else { high = middle }
        }
        return gram.values?[low] ?? 1
    }

    /// Moves each of `chosen` to where it is best, the others held.
    ///
    /// - Returns: whether any moved by more than the tolerance.
    private mutating func sweep(_ chosen: [Int]) -> Bool {
        let (l1, l2) = (Float(settings.l1), Float(settings.l2))
        var largest: Float = 0
        for place in chosen {
            let pull = gradient[place] + diagonal[place] * weights[place]
            var wanted = pull > l1 ? pull - l1 : pull < -l1 ? pull + l1 : 0
            if settings.nonnegative { wanted = max(wanted, 0) }
            let weight = wanted / (diagonal[place] + l2)
            let step = weight - weights[place]
            guard step != 0 else { continue }
            weights[place] = weight
            largest = max(largest, abs(step))
            let row = row(place)
            let count = candidates.count
            rows.withUnsafeBufferPointer { rows in
                gradient.withUnsafeMutableBufferPointer { gradient in
                    martlet_axpy(-step, rows.baseAddress! + row, gradient.baseAddress!, count)
                }
            }
        }
        return Double(largest) > settings.tolerance
    }

    /// Where in ``rows`` the candidate's row of XᵀX begins.
    private mutating func row(_ place: Int) -> Int {
        if rowOf[place] >= 0 { return rowOf[place] }
        let start = rows.count
        rows.append(contentsOf: repeatElement(0, count: candidates.count))
        rows.withUnsafeMutableBufferPointer { rows in
            gram.indices.withUnsafeBufferPointer { items in
                gram.values?.withUnsafeBufferPointer { values in
                    places.withUnsafeBufferPointer { places in
                        for entry in gram.range(Int(candidates[place])) {
                            let other = Int(places[Int(items[entry])])
                            if other >= 0 { rows[start + other] = values[entry] }
                        }
                    }
                }
            }
        }
        rowOf[place] = start
        return start
    }
}
