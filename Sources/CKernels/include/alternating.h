#pragma once
#include <stddef.h>
#include <stdint.h>
// Conjugate gradient for the normal equations of alternating least squares, a block of rows in lockstep:
//   A x = b,  A = G + w · Σ y yᵀ + λ I,  b = t · Σ y, the sums over the row's items.
// The products with G are one dense product for the whole block and are the caller's. All float32, row-major.
// Legend: B rows of a block, D dimensions, Y the fixed side `M × D`; x, r, p, q, b are `B × D`.

/// Begins: r comes in as x·G. Sets b, r = b − A x, p = r and square[i] = ‖r_i‖².
void martlet_als_start(const float *y, size_t dimensions, const int64_t *offsets, const int32_t *items, size_t rows,
                       float weight, float target, const float *lambda, const float *x, float *r, float *p, float *b,
                       float *square);

/// One step: q comes in as p·G. Moves x along p and renews r, p and square; rows with square[i] ≤ least[i] rest.
/// Returns how many rows are still above `least`.
size_t martlet_als_step(const float *y, size_t dimensions, const int64_t *offsets, const int32_t *items, size_t rows,
                        float weight, const float *lambda, const float *least, float *x, float *r, float *p, float *q,
                        float *square);
