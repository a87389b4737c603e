import Core
import Tensor

/// The filter of GF-CF over the items: a linear part through the users who met them, and a low-pass part.
///
/// With R the `U × N` matrix of who took what, D_U and D_I its degrees, R̃ = D_U^(−½) R D_I^(−½), and V the largest right
/// singular vectors of R̃:
///
/// score = r · (R̃ᵀR̃ + α · D_I^(−½) V Vᵀ D_I^(½))
struct GraphFilter: HistoryScorer {
    /// R, each item once a user; all values 1.
    let taken: SparseRows
    /// Rᵀ.
    let takers: SparseRows
    /// D_I^(½) V, `N × K`.
    let factors: Matrix
    /// α.
    let lowPass: Float
    /// 1 / degree of each user and each item; 0 for those who have none.
    private let userShare: [Float]
    private let itemShare: [Float]

    var itemCount: Int { taken.columns }

    init(taken: SparseRows, factors: Matrix, lowPass: Float) {
        precondition(factors.rows == taken.columns, "each item has its factors")
        self.taken = taken
        let takers = taken.transposed()
        self.takers = takers
        self.factors = factors
        self.lowPass = lowPass
        userShare = (0..<taken.rows).map { 1 / Float(max(taken.range($0).count, 1)) }
        itemShare = (0..<takers.rows).map { 1 / Float(max(takers.range($0).count, 1)) }
    }

    /// R̃.
    static func normalized(_ taken: SparseRows) -> SparseRows {
        let takers = taken.transposed()
        let items = (0..<takers.rows).map { 1 / Float(max(takers.range($0).count, 1)).squareRoot() }
        var values: [Float] = []
        values.reserveCapacity(taken.count)
        for user in 0..<taken.rows {
            let own = 1 / Float(max(taken.range(user).count, 1)).squareRoot()
            for item in taken[user] { values.append(own * items[Int(item)]) }
        }
        return SparseRows(columns: taken.columns, offsets: taken.offsets, indices: taken.indices, values: values)
    }

    func add(_ histories: SparseRows, rows: Range<Int>, to scores: UnsafeMutablePointer<Float>) {
        addLowPass(histories, rows: rows, to: scores)
        // √ of the item's share once on the way in and once on the way out; the user's whole share in between.
        var weights = [Float](repeating: 0, count: taken.rows)
        var met: [Int32] = []
        let roots = itemShare.map { $0.squareRoot() }
        var sums = [Float](repeating: 0, count: itemCount)
        weights.withUnsafeMutableBufferPointer { weights in
            sums.withUnsafeMutableBufferPointer { sums in
                taken.indices.withUnsafeBufferPointer { items in
                    takers.indices.withUnsafeBufferPointer { users in
                        for row in rows {
                            for entry in histories.range(row) {
                                let item = histories.indices[entry]
                                let weight = roots[Int(item)] * (histories.values?[entry] ?? 1)
                                for place in takers.range(Int(item)) {
                                    let user = Int(users[place])
                                    if weights[user] == 0 { met.append(users[place]) }
                                    weights[user] += weight
                                }
                            }
                            for user in met {
                                let weight = weights[Int(user)] * userShare[Int(user)]
                                weights[Int(user)] = 0
                                for place in taken.range(Int(user)) { sums[Int(items[place])] += weight }
                            }
                            met.removeAll(keepingCapacity: true)
                            let line = scores + (row - rows.lowerBound) * itemCount
                            for item in 0..<itemCount {
                                line[item] += sums[item] * roots[item]
                                sums[item] = 0
                            }
                        }
                    }
                }
            }
        }
    }

    /// α · (r D_I^(−½) V) · (D_I^(½) V)ᵀ, as two thin products.
    private func addLowPass(_ histories: SparseRows, rows: Range<Int>, to scores: UnsafeMutablePointer<Float>) {
        guard lowPass > 0, factors.columns > 0 else { return }
        let spectrum = Matrix(rows: rows.count, columns: factors.columns)
        for row in rows {
            for entry in histories.range(row) {
                let item = histories.indices[entry]
                axpy(
                    itemShare[Int(item)] * (histories.values?[entry] ?? 1), UnsafeBufferPointer(factors.row(Int(item))),
                    into: spectrum.row(row - rows.lowerBound))
            }
        }
        sgemm(
            transposeB: true, m: rows.count, n: itemCount, k: factors.columns, alpha: lowPass, a: spectrum.pointer,
            strideA: factors.columns, b: factors.pointer, strideB: factors.columns, beta: 1, c: scores,
            strideC: itemCount)
    }
}
