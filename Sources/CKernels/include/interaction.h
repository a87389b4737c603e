#pragma once
#include <stddef.h>
// Kernels of ranking networks: feature interactions, gates and the logistic loss, forward and backward.
// B rows, F fields, D numbers a field, E experts. `stride` is how many numbers a row is from the next. Sums may run in
// several lanes; on one machine, with one instruction set, every kernel repeats its results bit for bit.

/// Second-order terms of a factorisation machine: sums[i, :] += Σ_f v_f, out[i] += ½ (‖sums[i, :]‖² − Σ_f ‖v_f‖²),
/// where v_f = x[i, f·D ..< (f + 1)·D]. What `sums` (B × D) and `out` (B) hold before belongs to further terms.
void martlet_fm(const float *x, size_t stride, size_t fields, size_t width, size_t rows, float *sums, float *out);

/// The way back: dx[i, f, :] += slope[i] · (sums[i, :] − v_f).
void martlet_fm_backward(const float *x, size_t stride, size_t fields, size_t width, size_t rows, const float *sums,
                         const float *slope, float *dx, size_t dx_stride);

/// Inner products of all pairs i > j of n vectors a row, in the order (1,0), (2,0), (2,1), …: out[b, :] of n·(n−1)/2.
/// The vectors are `first[b, :]` (left out if null), then the F fields of x[b, :]; n is F, or F + 1 with `first`.
/// `scratch` has room for martlet_pairwise_scratch(n, width) numbers.
void martlet_pairwise(const float *first, size_t first_stride, const float *x, size_t stride, size_t fields,
                      size_t width, size_t rows, float *out, size_t out_stride, float *scratch);

/// The way back: adds to dx, and to dfirst if it is not null.
void martlet_pairwise_backward(const float *first, size_t first_stride, const float *x, size_t stride, size_t fields,
                               size_t width, size_t rows, const float *slope, size_t slope_stride, float *dfirst,
                               size_t dfirst_stride, float *dx, size_t dx_stride, float *scratch);

/// How many numbers the two above need for themselves.
size_t martlet_pairwise_scratch(size_t vectors, size_t width);

/// The vectors y of one user as martlet_candidate_terms() wants them: panel[d, u] = y_u[d], D × P, P = U rounded up to 16,
/// the rest zeros.
void martlet_candidate_panel(const float *y, size_t users, size_t width, float *panel);

/// The terms that candidates add to what their user's vectors give: for each row b
/// out[b, :] = [v_0 | ⟨v_i, y_u⟩ for all i, u | ⟨v_0, v_i⟩ for i > 0 | products[b]],
/// where v_0 is `first[b, :]` (left out if null, and its products too), the others the F fields of x[b], and
/// `products[b]` are numbers that were made before. Up to 15 numbers behind the last row are written over.
void martlet_candidate_terms(const float *first, size_t first_stride, const float *const *x, size_t fields, size_t width,
                             size_t rows, const float *panel, size_t users, const float *const *products,
                             size_t product_count, float *out, size_t out_stride);

/// y = x0 ⊙ u + x, all B × D without gaps.
void martlet_cross(const float *x0, const float *u, const float *x, float *y, size_t count);

/// The way back: du = dy ⊙ x0, dx0 += dy ⊙ u; dx is dy.
void martlet_cross_backward(const float *x0, const float *u, const float *dy, float *du, float *dx0, size_t count);

/// out[i, :] = max(0, x[i, 0 ..< width]); `out` has no gaps.
void martlet_relu_columns(const float *x, size_t stride, size_t width, size_t rows, float *out);

/// The way back: dx[i, 0 ..< width] = dout[i, :], or 0 where out is 0.
void martlet_relu_columns_backward(const float *dout, const float *out, size_t width, size_t rows, float *dx,
                                   size_t stride);

/// x[i, 0 ..< n] becomes its softmax.
void martlet_softmax_rows(float *x, size_t stride, size_t n, size_t rows);

/// out[i, :] = Σ_e gate[i, e] · experts[e][i, :]; experts are B × D without gaps.
void martlet_mix(const float *gate, size_t gate_stride, const float *const *experts, size_t count, size_t width,
                 size_t rows, float *out);

/// The way back: dexperts[e][i, :] += gate[i, e] · dout[i, :], and gate's slope before the softmax goes to `dgate`.
void martlet_mix_backward(const float *gate, size_t gate_stride, const float *const *experts, size_t count,
                          size_t width, size_t rows, const float *dout, float *const *dexperts, float *dgate,
                          size_t dgate_stride);

/// The logistic loss: Σ weight[i] · log(1 + exp(−s·z[i])), s = 1 where label[i] is not 0, else −1.
/// slope[i] = weight[i] · (σ(z[i]) − label[i]).
double martlet_logistic_loss(const float *logits, const float *labels, const float *weights, size_t count,
                             float *slope);
