import CKernels

/// C = act(op(A) · op(B) + C₀ + bias) on row-major memory, on the calling thread: the products of layers, by kernels
/// that take the small sizes of training, and what follows a product, in one go.
///
/// C₀ is the old C with `adds`, otherwise 0. Each sum runs over `k` in the same order whatever `m` is, so a batch may be
/// cut into rows anywhere.
///
/// - Parameters:
///   - transposeA: whether `a` holds op(A), `m × k`, transposed.
///   - transposeB: whether `b` holds op(B), `k × n`, transposed.
///   - strideA: how many numbers a row of A (as stored) is from the next; likewise `strideB`, `strideC`.
///   - bias: `n` numbers added to each row, or nil.
///   - isRectified: whether negative results become 0.
///   - precision: how exactly factors are held.
/// - Complexity: O(`m` · `n` · `k`)
package func multiply(
    transposeA: Bool = false, transposeB: Bool = false, m: Int, n: Int, k: Int, a: UnsafePointer<Float>, strideA: Int,
    b: UnsafePointer<Float>, strideB: Int, c: UnsafeMutablePointer<Float>, strideC: Int, adds: Bool = false,
    bias: UnsafePointer<Float>? = nil, isRectified: Bool = false, precision: Precision = .float32
) {
    var product = martlet_product(
        m: m, n: n, k: k, a: a, stride_a: strideA, transpose_a: transposeA ? 1 : 0, b: b, stride_b: strideB,
        transpose_b: transposeB ? 1 : 0, c: c, stride_c: strideC, add: adds ? 1 : 0, bias: bias,
        relu: isRectified ? 1 : 0, precision: precision.kernel)
    martlet_multiply(&product)
}
