/// Dense linear algebra in double precision, one number at a time: what the models' own is held against.
enum PlainAlgebra {
    /// The inverse by Gauss and Jordan, for positive definite matrices.
    static func inverse(_ matrix: [[Double]]) -> [[Double]] {
        let n = matrix.count
        var a = matrix.enumerated().map { row, values in values + (0..<n).map { $0 == row ? 1 : 0 } }
        for pivot in 0..<n {
            let factor = a[pivot][pivot]
            for column in 0..<2 * n { a[pivot][column] /= factor }
            for row in 0..<n where row != pivot && a[row][pivot] != 0 {
                let times = a[row][pivot]
                for column in 0..<2 * n { a[row][column] -= times * a[pivot][column] }
            }
        }
        return a.map { Array($0[n...]) }
    }

    /// Eigenvalues, falling, and eigenvectors, one a row, of a symmetric matrix by Jacobi's rotations.
    static func eigen(_ matrix: [[Double]]) -> (values: [Double], vectors: [[Double]]) {
        let n = matrix.count
        var a = matrix
        var v = (0..<n).map { row in (0..<n).map { $0 == row ? 1.0 : 0 } }
        for _ in 0..<30 {
            var off = 0.0
            for p in 0..<n {
                for q in p + 1..<max(n, p + 1) where abs(a[p][q]) > 1e-14 {
                    off += a[p][q] * a[p][q]
                    let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
                    let t = (theta >= 0 ? 1.0 : -1.0) / (abs(theta) + (theta * theta + 1).squareRoot())
                    let c = 1 / (t * t + 1).squareRoot()
                    let s = t * c
                    for k in 0..<n { (a[k][p], a[k][q]) = (c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]) }
                    for k in 0..<n { (a[p][k], a[q][k]) = (c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]) }
                    for k in 0..<n { (v[p][k], v[q][k]) = (c * v[p][k] - s * v[q][k], s * v[p][k] + c * v[q][k]) }
                }
            }
            if off < 1e-22 { break }
        }
        let order = (0..<n).sorted { a[$0][$0] > a[$1][$1] }
        return (order.map { a[$0][$0] }, order.map { v[$0] })
    }
}
