import COpenBLAS
import Core

/// The eigenvalues and eigenvectors of a small symmetric matrix: A = Σ values[k] · v_k · v_kᵀ.
package struct SymmetricEigen: Sendable {
    /// The eigenvalues, falling.
    package let values: [Float]
    /// `n × n`: row `k` is the eigenvector of `values[k]`, of length 1.
    package let vectors: Matrix

    /// Decomposes `matrix`, of which the lower triangle is read (LAPACK's `ssyevd`).
    ///
    /// - Throws: `failedCheck` if the iteration does not converge, which NaN and infinities bring about.
    /// - Complexity: O(n³)
    package init(_ matrix: Matrix) throws(MartletError) {
        precondition(matrix.rows == matrix.columns, "\(matrix.rows) × \(matrix.columns) is not square")
        let n = matrix.rows
        let vectors = Matrix(rows: n, columns: n)
        guard n > 0 else {
            values = []
            self.vectors = vectors
            return
        }
        _ = Threads.blasIsSequential
        let work = matrix.copy()
        var rising = [Float](repeating: 0, count: n)
        var order = Int32(n)
        var info: Int32 = 0
        var length: Int32 = -1
        var integers: Int32 = -1
        var size: Float = 0
        var integerSize: Int32 = 0
        ssyevd_("V", "U", &order, work.pointer, &order, &rising, &size, &length, &integerSize, &integers, &info)
        length = Int32(max(size, 1).nextUp)
        integers = max(integerSize, 1)
        var scratch = [Float](repeating: 0, count: Int(length))
        var integerScratch = [Int32](repeating: 0, count: Int(integers))
        ssyevd_(
            "V", "U", &order, work.pointer, &order, &rising, &scratch, &length, &integerScratch, &integers, &info)
        guard info == 0, rising.allSatisfy(\.isFinite) else {
            throw MartletError(.failedCheck, "the eigenvalues of a \(n) × \(n) matrix were not found")
        }
        // LAPACK has them rising, a vector a column: by rows, a vector a row.
        for k in 0..<n { _ = vectors.row(k).update(fromContentsOf: work.row(n - 1 - k)) }
        values = rising.reversed()
        self.vectors = vectors
    }
}
