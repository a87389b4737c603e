#pragma once
#include <stddef.h>
#include <stdint.h>
// The inner loops of training: embedding rows in and out, layers, losses and optimiser steps. All float32, row-major.
// Legend: B rows of a batch, D width of a row, N rows of a table; `stride` is how far a row is from the next.
// On one machine, with one instruction set, every kernel repeats its results bit for bit.

/// out[i, :] = table[ids[i], :], or += if `add`. table `N × D`, ids and out have B rows.
void martlet_gather(const float *table, size_t width, const int32_t *ids, size_t rows, int add, float *out,
                    size_t stride);

/// out[i, :] = Σ weights[e] · table[ids[e], :] for e in offsets[i] ..< offsets[i + 1], or += if `add`.
void martlet_pool(const float *table, size_t width, const int64_t *offsets, const int32_t *ids, const float *weights,
                  size_t rows, int add, float *out, size_t stride);

/// Sums gradient rows by table row, for the table rows with id % parts == part.
/// A row seen first gets the next slot: slots[s] is its id, sums[s, :] its gradient, map[id] == s. `map` is -1 for ids
/// without a slot. Returns the new number of slots.
/// Occurrences: row i of `gradient` belongs to ids[i], or to ids[offsets[i] ..< offsets[i + 1]] with their weights.
size_t martlet_collect(const int64_t *offsets, const int32_t *ids, const float *weights, size_t rows,
                       const float *gradient, size_t stride, size_t width, int32_t parts, int32_t part, int32_t *map,
                       int32_t *slots, size_t count, float *sums);

/// Row-wise Adagrad: state[id] += mean(g²), table[id, :] -= rate / (√state[id] + ε) · g, where g = sums + decay · table.
/// Also sets map[id] = -1 again.
void martlet_rowwise_adagrad(float *table, float *state, size_t width, const int32_t *slots, size_t count,
                             const float *sums, int32_t *map, float rate, float decay);

/// Adagrad on `count` rows: state[id, :] += g², table[id, :] -= rate / (√state + ε) · g. Sets map[id] = -1 again.
void martlet_sparse_adagrad(float *table, float *state, size_t width, const int32_t *slots, size_t count,
                            const float *sums, int32_t *map, float rate, float decay);

/// Lazy Adam: moments of the rows of this step only; `rate` has the bias corrections in it already.
void martlet_lazy_adam(float *table, float *first, float *second, size_t width, const int32_t *slots, size_t count,
                       const float *sums, int32_t *map, float rate, float epsilon, float decay);

/// x[i, :] += bias, then max(0, ·) if `relu`.
void martlet_bias_relu(float *x, size_t rows, size_t width, const float *bias, int relu);

/// gradient[i, j] = 0 where output[i, j] is 0: the way back through max(0, ·).
void martlet_relu_backward(float *gradient, const float *output, size_t count);

/// sums[j] += Σ_i x[i, j].
void martlet_column_sums(const float *x, size_t rows, size_t width, float *sums);

/// x[i, :] /= ‖x[i, :]‖, inverse[i] = 1 / ‖x[i, :]‖ as it was.
void martlet_normalize(float *x, size_t rows, size_t width, float *inverse);

/// gradient[i, :] = (gradient[i, :] − y[i, :] · ⟨y[i, :], gradient[i, :]⟩) · inverse[i].
void martlet_normalize_backward(float *gradient, const float *y, const float *inverse, size_t rows, size_t width);

/// x[i] is set to 0 with probability `share`, else divided by 1 − share; which ones depends on `seed` and i alone, so
/// the same call on the gradient is the way back.
void martlet_dropout(float *x, size_t count, uint64_t seed, uint64_t first, float share);

/// Adagrad on a dense parameter: state += g², parameter -= rate / (√state + ε) · g.
void martlet_adagrad(float *parameter, float *state, const float *gradient, size_t count, float rate, float decay);

/// Adam on a dense parameter; `rate` has the bias corrections in it already.
void martlet_adam(float *parameter, float *first, float *second, const float *gradient, size_t count, float rate,
                  float epsilon, float decay);
