#pragma once
#include <stddef.h>
#include <stdint.h>
// Exact top-k of one query by a scan of items held in 8 bits: a quarter of the bytes of float32. What 8 bits leave open
// is bounded, and every item that could be among the best k is scored again in float32.
//
// x item, y query, D dimensions. x = x̂ + e with x̂ = s · (whole numbers in −127…127), y = ŷ + f likewise. Then
//
//     |⟨x, y⟩ − ⟨x̂, ŷ⟩| ≤ ‖e‖ · ‖y‖ + ‖x̂‖ · ‖f‖
//
// and ⟨x̂, ŷ⟩ is a sum of whole numbers, free of rounding. The float32 score differs from ⟨x, y⟩ by at most
// (D + 2) · 2⁻²³ · ‖x‖ · ‖y‖, which is added. An item whose upper bound lies below k items' lower bounds is not among the
// best k; all others are scored as martlet_topk_block does, and ordered like it: equal scores by the lower slot.

/// Whether the scan has instructions of its own here (AVX512-VNNI, with the AVX-512 kernels in use); without them it is
/// right, but slower than martlet_topk_block.
int martlet_scan_is_fast(void);

/// How many items are packed together.
size_t martlet_scan_tile_items(void);
size_t martlet_scan_packed_bytes(size_t slots, size_t dimensions);

/// Packs the tiles `first ..< last`. rows: N × D, finite numbers.
void martlet_scan_pack(const float *rows, size_t slots, size_t dimensions, size_t first, size_t last, void *packed);

struct martlet_scan_job {
    const void *packed;
    const float *rows;        // N × D, those that were packed
    size_t slots;             // N
    size_t dimensions;        // D
    const float *query;       // D
    size_t k;
    const int32_t *items;     // the item of each slot, rising; or NULL for item = slot
    const uint8_t *allowed;   // for each item whether it may be chosen; or NULL
    const int32_t *excluded;  // items to leave out, sorted; or NULL
    size_t excluded_count;
    int32_t *result_items;    // k, padded with −1
    float *result_scores;     // k, padded with −∞
};

size_t martlet_scan_scratch_bytes(size_t dimensions, size_t k);

/// The best k items of one query. Returns 0 without a result where so many items are nearly equal that bounds tell
/// nothing, or the query is not finite; the caller then asks martlet_topk_block.
int martlet_scan(const struct martlet_scan_job *job, void *scratch);
