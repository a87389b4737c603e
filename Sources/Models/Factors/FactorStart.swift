import Core
import Tensor

/// What vectors a training begins with.
enum FactorStart: String, Sendable, CaseIterable {
    /// Draws from a normal distribution.
    case normal
    /// The largest singular vectors of the normalised matrix of who had what: what GF-CF's low-pass filter holds, from
    /// which a few passes lead to where draws need many.
    case singular

    /// Fills the first two matrices, the users' and the items'.
    ///
    /// With R̃ as in ``GraphFilter`` and R̃ ≈ U Σ Vᵀ the users begin as U √Σ and the items as V √Σ, both scaled so that
    /// their numbers have the root mean square `deviation`. Where the rank of R̃ is less than the dimension, the rest is
    /// drawn.
    ///
    /// - Throws: what the decomposition throws.
    /// - Complexity: O(U · D + N · D); singular vectors: also O(D · pairs + D² · N)
    func fill(
        _ parameters: Parameters, _ pairs: InteractionPairs, deviation: Double, random: inout RandomSource,
        seed: UInt64, threads: Int
    ) throws {
        for place in 0..<2 { parameters.drawNormal(place, deviation: deviation, from: &random) }
        if self == .singular {
            let taken = SparseRows(
                columns: pairs.itemCount, offsets: pairs.offsets.map { Int($0) }, indices: pairs.items)
            let normalized = GraphFilter.normalized(taken)
            let found = try TruncatedSVD(normalized, count: parameters[1].columns, seed: seed, threads: threads)
            let values = normalized.values ?? []
            let rank = found.values.count { $0 > 1e-5 }
            for item in 0..<pairs.itemCount {
                for place in 0..<rank {
                    parameters[1].row(item)[place] = found.right.row(item)[place] * found.values[place].squareRoot()
                }
            }
            // U √Σ = R̃ V / √Σ, of which the items' rows hold V √Σ.
            for user in 0..<pairs.userCount {
                let row = parameters[0].row(user)
                for place in 0..<rank { row[place] = 0 }
                for pair in pairs.range(user) {
                    let item = parameters[1].row(Int(pairs.items[pair]))
                    for place in 0..<rank { row[place] += values[pair] * item[place] / found.values[place] }
                }
            }
            for place in 0..<2 { Self.scale(parameters[place], columns: rank, to: deviation) }
        }
        parameters.clearUsers(without: pairs)
    }

    /// Gives the first columns the root mean square `deviation`.
    private static func scale(_ matrix: Matrix, columns: Int, to deviation: Double) {
        var squares = 0.0
        for row in 0..<matrix.rows {
            for place in 0..<columns { squares += Double(matrix.row(row)[place] * matrix.row(row)[place]) }
        }
        let factor = Float(deviation * (Double(matrix.rows * columns) / max(squares, 1e-30)).squareRoot())
        for row in 0..<matrix.rows {
            for place in 0..<columns { matrix.row(row)[place] *= factor }
        }
    }
}
