#pragma once
#include <stddef.h>
#include <stdint.h>
// Approximate top-k by inner product over vectors that are parted into cells around centroids.
//
// A vector x of cell c is held twice. For the scan: the residual x − μ_c in 4 bits a dimension, x̂ = μ_c + s · (2n − 15)
// with n in 0…15, whose inner products are sums of whole numbers, two dimensions a byte. For the final order: x itself
// in 16 bits a dimension under an exponent of its own, x = m · 2^e, a relative error of the largest number of at most
// 2⁻¹⁶, none for small whole numbers.
//
// The scan keeps the best R vectors by ⟨q, x̂⟩; they are then scored by their 16 bits. Cells are read from the most
// promising on, as long as one can be expected to hold something better than the R-th best so far:
//
//     ⟨q, μ_c⟩ + reach · ‖q‖ · σ_c ≥ threshold
//
// σ_c is the standard deviation of the cell's residuals along one direction. The rule is the cheaper the more a query
// has found already: a query inside a large cluster reads few cells, one between clusters reads many.

/// Vectors of a tile. A cell is a whole number of tiles; lanes past its last vector are not live.
size_t martlet_cells_tile_items(void);
/// Bytes of a tile: for each block of 8 dimensions and each lane, four bytes that hold dimensions 0…3 in their low and
/// 4…7 in their high halves; then each lane's s as float32.
size_t martlet_cells_tile_bytes(size_t dimensions);

/// Encodes the `count` vectors whose rows are `chosen` as one cell: its tiles, its 16-bit rows and their exponents
/// (`tile items` a tile), and returns Σ‖x − μ‖².
double martlet_cells_encode(const float *vectors, const int32_t *chosen, size_t count, size_t dimensions,
                            const float *centroid, uint8_t *tiles, int16_t *rows, int8_t *exponents);

/// Copies one vector's codes from slot `from` of `tiles` to slot `to` of `target`.
void martlet_cells_move(const uint8_t *tiles, size_t from, uint8_t *target, size_t to, size_t dimensions);

/// x = m · 2^e.
void martlet_cells_decode(const int16_t *row, int8_t exponent, size_t dimensions, float *vector);

/// Bytes of packed centroids: 8 bits a dimension.
size_t martlet_cells_centroid_bytes(size_t cells, size_t dimensions);
void martlet_cells_pack_centroids(const float *centroids, size_t cells, size_t dimensions, uint8_t *packed);

/// For each of `rows` rows of scores, the largest of its `columns` numbers, if larger than best_scores[row]: it and
/// `first` + its column, the lowest of equals.
void martlet_cells_best(const float *scores, size_t rows, size_t columns, size_t stride, int32_t first,
                        float *best_scores, int32_t *best_columns);

struct martlet_cells {
    size_t dimensions;         // D, at most martlet_cells_most_dimensions()
    size_t cells;              // C
    const uint8_t *centroids;  // packed
    const float *spreads;      // C: σ of each cell
    const int32_t *offsets;    // C + 1: the first tile of each cell
    const uint8_t *tiles;
    const int16_t *rows;       // slots × D
    const int8_t *exponents;   // slots
    const int32_t *keys;       // slots
    const uint16_t *live;      // tiles: a bit for each lane that holds a vector
};

struct martlet_cells_job {
    const float *query;        // D
    size_t k;
    size_t refine;             // R, at least k
    float reach;
    const uint8_t *allowed;    // for each key below allowed_count whether it may be found; or NULL. No others may.
    size_t allowed_count;
    const int32_t *excluded;   // keys to leave out, sorted; or NULL
    size_t excluded_count;
    int32_t *result_items;     // k, padded with −1
    float *result_scores;      // k, padded with −∞
    size_t scanned;            // returned: how many vectors were compared in 4 bits
};

size_t martlet_cells_most_dimensions(void);

/// The best k of what is found by the rule above; equal scores by the lower key. Nothing for a query that is not finite.
/// Takes the thread's scratch memory.
void martlet_cells_search(const struct martlet_cells *cells, struct martlet_cells_job *job);

/// The best k among `count` slots, by their 16 bits.
void martlet_cells_exact(const struct martlet_cells *cells, struct martlet_cells_job *job, const int32_t *slots,
                        size_t count);

/// The live slots of the keys that are allowed, in the order of the keys; returns how many. `ordered` holds all keys
/// ascending, `slot_of` the slot of each.
size_t martlet_cells_allowed(const struct martlet_cells *cells, const int32_t *ordered, const int32_t *slot_of,
                             size_t count, const uint8_t *allowed, size_t allowed_count, int32_t *slots);
