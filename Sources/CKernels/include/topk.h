#pragma once
#include <stddef.h>
#include <stdint.h>
// Exact top-k by inner product: the product of a block of queries with a tile of items stays in registers, where it
// is compared with each query's threshold (its k-th best score so far); only what passes goes to memory.
//
// D dimensions, N items ("slots"), Q queries of a block, T items of a tile (its size depends on the instruction set).
// Score = Σ q[d]·i[d], added up in the order of d. Slots that score NaN or −∞ are never chosen. Equal scores are
// ordered by the lower slot.

/// T, the number of items of a tile.
size_t martlet_topk_tile_items(void);

/// How many queries one call of martlet_topk_block takes at most.
size_t martlet_topk_block_queries(void);

/// Packs rows of items into tiles, D × T numbers each, dimension by dimension; slots past the last are zeros.
/// rows: N_all × D. chosen: the row of each slot, or NULL for slot = row. slots: N. Tiles `first ..< last` are written
/// to packed + first·D·T.
void martlet_topk_pack(const float *rows, const int32_t *chosen, size_t slots, size_t dimensions, size_t first,
                       size_t last, float *packed);

struct martlet_topk_job {
    const float *packed;       // ⌈N/T⌉ tiles
    size_t slots;              // N
    size_t dimensions;         // D
    const float *queries;      // Q × D
    size_t query_count;        // Q, at most martlet_topk_block_queries()
    size_t k;
    const int32_t *items;      // the item of each slot, rising; or NULL for item = slot
    const uint8_t *allowed;    // for each item whether it may be chosen; or NULL
    const int32_t *excluded;   // items to leave out, each query's sorted; or NULL
    const int64_t *offsets;    // Q + 1: where each query's excluded items begin; NULL if excluded is
    int32_t *result_items;     // Q × k, padded with −1
    float *result_scores;      // Q × k, padded with −∞
};

/// Bytes of scratch memory that a block needs; 64-byte aligned when handed over.
size_t martlet_topk_scratch_bytes(size_t dimensions, size_t k);

/// The best k items of each query of the block.
void martlet_topk_block(const struct martlet_topk_job *job, void *scratch);

/// The score of one pair as martlet_topk_block makes it: added up in the order of d, with the same instructions.
float martlet_topk_score(const float *query, const float *item, size_t dimensions);
