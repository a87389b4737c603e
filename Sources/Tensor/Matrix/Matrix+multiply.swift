import CKernels
import COpenBLAS

extension Matrix {
    /// C = α · op(A) · op(B) + β · C, where op transposes or does nothing.
    ///
    /// The rows of C are shared out over threads, each of which calls BLAS (`sgemm`) for its rows.
    ///
    /// - Parameters:
    ///   - a: op(A) is `M × K`.
    ///   - transposeA: whether op(A) is the transpose of `a`.
    ///   - b: op(B) is `K × N`.
    ///   - transposeB: whether op(B) is the transpose of `b`.
    ///   - c: `M × N`, written to; must not overlap `a` or `b`.
    ///   - alpha: α.
    ///   - beta: β; with 0 the old numbers of `c` are not read.
    ///   - threads: the most threads to use; ``Threads/count`` if nil, 1 inside a parallel loop.
    /// - Complexity: O(M · N · K)
    public static func multiply(
        _ a: Matrix, transposed transposeA: Bool = false, _ b: Matrix, transposed transposeB: Bool = false,
        into c: Matrix, alpha: Float = 1, beta: Float = 0, threads: Int? = nil
    ) {
        let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
        let (inner, n) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
        precondition(k == inner, "(\(m) × \(k)) · (\(inner) × \(n)): the inner sizes differ")
        precondition(c.rows == m && c.columns == n, "the product is \(m) × \(n), not \(c.rows) × \(c.columns)")
        sgemm(
            transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: alpha,
            a: UnsafePointer(a.pointer), strideA: a.columns, b: UnsafePointer(b.pointer), strideB: b.columns,
            beta: beta,
            c: c.pointer, strideC: n, threads: threads)
        withExtendedLifetime((a.storage, b.storage, c.storage)) {}
    }

    /// op(A) · op(B) as a new matrix; see
    /// ``multiply(_:transposed:_:transposed:into:alpha:beta:threads:)``.
    public static func product(
        _ a: Matrix, transposed transposeA: Bool = false, _ b: Matrix, transposed transposeB: Bool = false,
        threads: Int? = nil
    ) -> Matrix {
        let c = Matrix(rows: transposeA ? a.columns : a.rows, columns: transposeB ? b.rows : b.columns)
        multiply(a, transposed: transposeA, b, transposed: transposeB, into: c, threads: threads)
        return c
    }
}

/// C = α · op(A) · op(B) + β · C on row-major memory: BLAS's `sgemm`, its rows shared out over threads.
///
/// - Parameters:
///   - transposeA: whether `a` holds op(A), `m × k`, transposed.
///   - transposeB: whether `b` holds op(B), `k × n`, transposed.
///   - m: the rows of C.
///   - n: the columns of C.
///   - k: the length of the sums.
///   - alpha: α.
///   - a: the first number of A.
///   - strideA: how many numbers a row of A (as stored) is from the next.
///   - b: the first number of B.
///   - strideB: how many numbers a row of B (as stored) is from the next.
///   - beta: β; with 0 the old numbers of C are not read.
///   - c: the first number of C; C must not overlap A or B.
///   - strideC: how many numbers a row of C is from the next.
///   - threads: the most threads to use; ``Threads/count`` if nil, 1 inside a parallel loop.
/// - Complexity: O(`m` · `n` · `k`)
public func sgemm(
    transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, alpha: Float = 1,
    a: UnsafePointer<Float>, strideA: Int, b: UnsafePointer<Float>, strideB: Int, beta: Float = 0,
    c: UnsafeMutablePointer<Float>, strideC: Int, threads: Int? = nil
) {
    guard m > 0 && n > 0 else { return }
    _ = Threads.blasIsSequential
    // Below some 2 MFLOP a second thread costs more than it saves.
    let worthwhile = m * n * max(k, 1) >= 1 << 20
    nonisolated(unsafe) let (a, b, c) = (a, b, c)
    parallelFor(m, grain: 16, threads: worthwhile ? threads : 1) { rows, _ in
        cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            blasint(rows.count), blasint(n), blasint(k), alpha,
            transposeA ? a + rows.lowerBound : a + rows.lowerBound * strideA, blasint(max(strideA, 1)),
            b, blasint(max(strideB, 1)), beta, c + rows.lowerBound * strideC, blasint(max(strideC, 1)))
    }
}

/// Σ aᵢ·bᵢ by the kernel of the best instruction set.
public func dot(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Float {
    precondition(a.count == b.count, "vectors of lengths \(a.count) and \(b.count)")
    guard let first = a.baseAddress, let second = b.baseAddress else { return 0 }
    return martlet_dot(first, second, a.count)
}

/// yᵢ += α·xᵢ by the kernel of the best instruction set.
public func axpy(_ alpha: Float, _ x: UnsafeBufferPointer<Float>, into y: UnsafeMutableBufferPointer<Float>) {
    precondition(x.count == y.count, "vectors of lengths \(x.count) and \(y.count)")
    guard let from = x.baseAddress, let to = y.baseAddress else { return }
    martlet_axpy(alpha, from, to, x.count)
}
