import COpenBLAS

/// Solves A · x = b for a symmetric positive definite A by Cholesky's factor (LAPACK's `spotrf` and `spotrs`).
///
/// - Parameters:
///   - a: `n × n`, its lower triangle (row-major); the factor afterwards.
///   - b: `n` numbers; x afterwards.
/// - Returns: false if A is not positive definite to single precision; `a` and `b` are then spoiled.
/// - Complexity: O(n³ / 3)
package func solvePositiveDefinite(
    _ a: UnsafeMutablePointer<Float>, order n: Int, _ b: UnsafeMutablePointer<Float>
) -> Bool {
    guard n > 0 else { return true }
    _ = Threads.blasIsSequential
    // LAPACK counts by columns: our lower triangle is its upper one.
    var order = Int32(n)
    var one: Int32 = 1
    var info: Int32 = 0
    spotrf_("U", &order, a, &order, &info)
    guard info == 0 else { return false }
    spotrs_("U", &order, &one, a, &order, b, &order, &info)
    return info == 0
}

/// C += α · Aᵀ · A on the lower triangle of C (BLAS's `ssyrk`), on the calling thread.
///
/// - Parameters:
///   - a: `rows × n`, row-major, its rows `stride` numbers apart.
///   - c: `n × n`, row-major.
/// - Complexity: O(`rows` · n² / 2)
package func addGram(
    _ a: UnsafePointer<Float>, rows: Int, columns n: Int, stride: Int, alpha: Float, to c: UnsafeMutablePointer<Float>
) {
    guard rows > 0, n > 0 else { return }
    _ = Threads.blasIsSequential
    cblas_ssyrk(
        CblasRowMajor, CblasLower, CblasTrans, blasint(n), blasint(rows), alpha, a, blasint(stride), 1, c, blasint(n))
}
