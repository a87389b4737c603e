#pragma once
#include <stddef.h>
#include <stdint.h>
#include "product.h"
// The softmax over the items of a batch, forward and backward in one pass over blocks of rows: a block's logits are
// multiplied out, turned into what the gradients are made of and multiplied again while they lie in the cache. No
// batch × batch matrix ever reaches memory.
//
// B rows of the batch, D dimensions; row r has its positive in column r.
// z(r, j) = scale · ⟨u_r, v_j⟩ + offset_j + bonus(r, j), p = softmax over the columns that are not masked,
// L = Σ_r weight_r · −log p(r, r).

struct martlet_inbatch {
    size_t batch;                   // B
    size_t dimensions;              // D
    const float *users;             // u, B × D
    const float *items;             // v, B × D
    const float *offsets;           // B
    const float *weights;           // B
    float scale;
    const int32_t *next;            // martlet_link_equal of the columns' items: other columns of a row's own item are
                                    // masked; or NULL
    const int64_t *repeat_offsets;  // B + 1: where each row's repeats begin; or NULL
    const int32_t *repeat_columns;  // the columns that get bonus = always + often · count
    const float *repeat_counts;
    float repeat_always, repeat_often;
    enum martlet_precision precision;
    void *packed;                   // martlet_inbatch_packed_bytes, aligned to 64
    float *user_gradient;           // receives ∂L/∂u, B × D
};

/// Which columns hold the same item: next[j] is the next column of j's item in a circle through all of them. `table` has
/// room for martlet_link_slots(count) numbers.
void martlet_link_equal(const int32_t *items, size_t count, int32_t *table, int32_t *next);
size_t martlet_link_slots(size_t count);

/// How many columns are packed together.
size_t martlet_inbatch_columns(void);
size_t martlet_inbatch_packed_bytes(size_t batch, size_t dimensions);
size_t martlet_inbatch_scratch_bytes(size_t batch, size_t dimensions);
/// How many numbers a row of a worker's item gradient has, at least D, and how many rows it has, at least B.
size_t martlet_inbatch_stride(size_t dimensions);
size_t martlet_inbatch_rows(size_t batch);

/// Packs items and offsets of the groups of columns `first ..< last`.
void martlet_inbatch_pack(const struct martlet_inbatch *job, size_t first, size_t last);

/// Takes rows `first ..< last`, at least one, of the batch, all packed, and returns their part of L.
/// item_gradient (martlet_inbatch_rows × martlet_inbatch_stride) receives their part of ∂L/∂v, bias_gradient
/// (martlet_inbatch_rows, or NULL) that of ∂L/∂offset, repeat_gradient (2, or NULL) those of always and often.
double martlet_inbatch_block(const struct martlet_inbatch *job, size_t first, size_t last, void *scratch,
                             float *item_gradient, float *bias_gradient, float *repeat_gradient);
