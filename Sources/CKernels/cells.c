#include "cells_layout.h"

#include <string.h>

#include "dispatch.h"
#include "ranking_keys.h"
#include "scan.h"
#include "scratch.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
    FIRST = 32,   // cells that are read before the rule is asked
    SLACK = 512,  // candidates beyond R before the threshold is raised
    AHEAD = 6,    // tiles fetched before they are read
};

static size_t rounded(size_t bytes) { return (bytes + 63) / 64 * 64; }

// MARK: - One query

struct search {
    const struct martlet_cells *cells;
    const struct martlet_cells_job *job;
    size_t blocks;
    int8_t query[MOST_DIMENSIONS + 8];  // whole numbers of query / its largest |number|, zeros after the last
    int32_t sum;                        // theirs
    float factor;                       // 1/127
    float threshold;
    int is_filtered;
    uint64_t seen[64];                  // a filter of the excluded keys (Bloom): 4096 bits
    size_t length, capacity, scanned;
    uint64_t *candidates;               // capacity + TILE
};

static __attribute__((noinline)) void compact(struct search *search) {
    const size_t keep = search->job->refine;
    if (search->length <= keep) return;
    const size_t kept = select_best(search->candidates, search->length, keep, keep + SLACK / 16);
    uint64_t worst = search->candidates[0];
    for (size_t i = 1; i < kept; i++) worst = search->candidates[i] < worst ? search->candidates[i] : worst;
    search->length = kept;
    search->threshold = score_of(worst);
}

static inline uint32_t mixed(int32_t key) { return (uint32_t)key * 0x9E3779B1u >> 20; }

static int is_hidden(const struct search *search, int32_t key) {
    const struct martlet_cells_job *job = search->job;
    if (job->allowed && ((size_t)key >= job->allowed_count || !job->allowed[key])) return 1;
    if (!job->excluded_count || !(search->seen[mixed(key) / 64] >> mixed(key) % 64 & 1)) return 0;
    size_t low = 0, high = job->excluded_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (job->excluded[middle] < key) low = middle + 1;
        else high = middle;
    }
    return low < job->excluded_count && job->excluded[low] == key;
}

/// `added` candidates were put behind the last: those that may not be found go.
static void admit(struct search *search, size_t added) {
    size_t end = search->length + added;
    if (search->is_filtered) {
        size_t out = search->length;
        for (size_t i = search->length; i < end; i++)
            if (!is_hidden(search, search->cells->keys[slot_of(search->candidates[i])]))
                search->candidates[out++] = search->candidates[i];
        end = out;
    }
    search->length = end;
    if (end > search->capacity) compact(search);
}

typedef void (*tile_sums)(const uint8_t *tile, const int8_t *query, size_t blocks, int32_t *sums);

static void sums_plain(const uint8_t *tile, const int8_t *query, size_t blocks, int32_t *sums) {
    for (int lane = 0; lane < TILE; lane++) {
        int32_t sum = 0;
        for (size_t b = 0; b < blocks; b++)
            for (int j = 0; j < 4; j++) {
                const uint8_t byte = tile[b * 64 + (size_t)lane * 4 + j];
                sum += (byte & 15) * query[b * 8 + j] + (byte >> 4) * query[b * 8 + 4 + j];
            }
        sums[lane] = sum;
    }
}

static inline __attribute__((always_inline)) void scan_by(
    struct search *search, size_t first, size_t last, float base, tile_sums sums_of) {
    const struct martlet_cells *cells = search->cells;
    const size_t size = martlet_cells_tile_bytes(cells->dimensions);
    const int32_t shift = 15 * search->sum;
    for (size_t t = first; t < last; t++) {
        const uint8_t *tile = cells->tiles + t * size;
        int32_t sums[TILE];
        float scales[TILE];
        sums_of(tile, search->query, search->blocks, sums);
        memcpy(scales, tile + size - sizeof scales, sizeof scales);
        size_t added = 0;
        for (size_t lane = 0; lane < TILE; lane++) {
            const float score = base + scales[lane] * search->factor * (float)(2 * sums[lane] - shift);
            if (score > search->threshold && cells->live[t] >> lane & 1)
                search->candidates[search->length + added++] = key_of(score, (uint32_t)(t * TILE + lane));
        }
        if (added) admit(search, added);
    }
}

static void scan_plain(struct search *search, size_t first, size_t last, float base, const uint8_t *next) {
    (void)next;
    scan_by(search, first, last, base, sums_plain);
}

static void coarse_plain(const struct search *search, float *scores) {
    const struct martlet_cells *cells = search->cells;
    const size_t size = centroid_tile_bytes(cells->dimensions), quads = 2 * search->blocks;
    for (size_t t = 0; t < (cells->cells + TILE - 1) / TILE; t++) {
        const uint8_t *tile = cells->centroids + t * size;
        float scales[TILE];
        memcpy(scales, tile + size - sizeof scales, sizeof scales);
        for (size_t lane = 0; lane < TILE; lane++) {
            int32_t sum = 0;
            for (size_t q = 0; q < quads; q++)
                for (size_t j = 0; j < 4; j++)
                    sum += (int32_t)tile[q * 64 + lane * 4 + j] * search->query[q * 4 + j];
            scores[t * TILE + lane] = scales[lane] * search->factor * (float)(sum - 128 * search->sum);
        }
    }
}

/// What the best vector of each cell is expected to score at most, and the largest of each 16.
static void promise_plain(const struct martlet_cells *cells, const float *bases, float reach, float *promise, float *tops) {
    for (size_t t = 0; t < (cells->cells + TILE - 1) / TILE; t++) {
        tops[t] = -INFINITY;
        for (size_t cell = t * TILE; cell < (t + 1) * TILE; cell++) {
            promise[cell] = cell < cells->cells ? bases[cell] + reach * cells->spreads[cell] : -INFINITY;
            tops[t] = promise[cell] > tops[t] ? promise[cell] : tops[t];
        }
    }
}

static float score_plain(const float *query, const int16_t *row, size_t dimensions) {
    float lanes[8] = {0};
    size_t d = 0;
    for (; d + 8 <= dimensions; d += 8)
        for (int l = 0; l < 8; l++) lanes[l] += query[d + l] * (float)row[d + l];
    float sum = ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
    for (; d < dimensions; d++) sum += query[d] * (float)row[d];
    return sum;
}

#if defined(__x86_64__)
#include "cells_x86.h"
#endif

static void best_plain(const float *scores, size_t columns, int32_t first, float *best, int32_t *column) {
    for (size_t j = 0; j < columns; j++)
        if (scores[j] > *best) *best = scores[j], *column = first + (int32_t)j;
}

static struct {
    void (*scan)(struct search *, size_t, size_t, float, const uint8_t *);
    void (*coarse)(const struct search *, float *);
    void (*promise)(const struct martlet_cells *, const float *, float, float *, float *);
    float (*score)(const float *, const int16_t *, size_t);
    void (*best)(const float *, size_t, int32_t, float *, int32_t *);
} in_use = {scan_plain, coarse_plain, promise_plain, score_plain, best_plain};

__attribute__((constructor)) static void choose_cells(void) {
#if defined(__x86_64__)
    if (martlet_scan_is_fast()) {
        in_use.scan = scan_vnni, in_use.coarse = coarse_vnni, in_use.promise = promise_vnni;
        in_use.score = score_vnni, in_use.best = best_avx512;
    } else if (martlet_kernels_in_use() != MARTLET_PLAIN) {
        in_use.scan = scan_avx2, in_use.score = score_avx2;
    }
#endif
}

void martlet_cells_best(const float *scores, size_t rows, size_t columns, size_t stride, int32_t first,
                        float *best_scores, int32_t *best_columns) {
    for (size_t row = 0; row < rows; row++)
        in_use.best(scores + row * stride, columns, first, best_scores + row, best_columns + row);
}

// MARK: - The final order

/// What the candidates are scored by, and the result.
static void finish(struct martlet_cells_job *job, uint64_t *keys, uint64_t *spare, size_t count) {
    size_t found = count;
    if (found > job->k) found = select_best(keys, found, job->k, job->k);
    sort_descending(keys, spare, found);
    for (size_t rank = 0; rank < job->k; rank++) {
        job->result_items[rank] = rank < found ? (int32_t)slot_of(keys[rank]) : -1;
        job->result_scores[rank] = rank < found ? score_of(keys[rank]) : -INFINITY;
    }
}

/// The key of a slot's exact score: ordered by it, then by the lower key of the index.
static inline uint64_t exact_key(const struct martlet_cells *cells, const float *query, size_t slot) {
    const float score = in_use.score(query, cells->rows + slot * cells->dimensions, cells->dimensions);
    // A power of two, put together from its exponent where it is a normal number.
    const int exponent = cells->exponents[slot];
    float factor;
    if (exponent > -127) {
        const uint32_t bits = (uint32_t)(exponent + 127) << 23;
        memcpy(&factor, &bits, 4);
    } else {
        factor = ldexpf(1, exponent);
    }
    return key_of(score * factor, (uint32_t)cells->keys[slot]);
}

static inline void fetch_row(const struct martlet_cells *cells, size_t slot) {
    const char *row = (const char *)(cells->rows + slot * cells->dimensions);
    for (size_t line = 0; line < cells->dimensions * sizeof(int16_t); line += 64) __builtin_prefetch(row + line);
    __builtin_prefetch(cells->exponents + slot);
    __builtin_prefetch(cells->keys + slot);
}

static void pad(struct martlet_cells_job *job) {
    for (size_t rank = 0; rank < job->k; rank++) job->result_items[rank] = -1, job->result_scores[rank] = -INFINITY;
}

static int is_finite(const float *values, size_t count) {
    for (size_t d = 0; d < count; d++)
        if (!isfinite(values[d])) return 0;
    return 1;
}

static void note_excluded(struct search *search) {
    const struct martlet_cells_job *job = search->job;
    search->is_filtered = job->allowed || job->excluded_count;
    memset(search->seen, 0, sizeof search->seen);
    for (size_t i = 0; i < job->excluded_count; i++) {
        const uint32_t bit = mixed(job->excluded[i]);
        search->seen[bit / 64] |= 1ull << bit % 64;
    }
}

/// Puts the cells that promise at least `least` into `order`, the `most` best of them, best first; returns how many.
static size_t choose(const float *promise, const float *tops, size_t cells, float least, size_t most, uint64_t *order,
                     uint64_t *spare) {
    size_t count = 0;
    for (size_t t = 0; t < (cells + TILE - 1) / TILE; t++) {
        if (!(tops[t] >= least)) continue;
        for (size_t cell = t * TILE; cell < (t + 1) * TILE; cell++) {
            order[count] = key_of(promise[cell], (uint32_t)cell);
            count += promise[cell] >= least;
        }
    }
    if (count > most) count = select_best(order, count, most, most);
    sort_descending(order, spare, count);
    return count;
}

/// A promise that at least FIRST cells reach: the FIRST-th largest of the tiles' largest.
static float first_promise(const float *tops, size_t tiles, uint64_t *spare) {
    if (tiles <= FIRST) return -3.4e38f;
    for (size_t t = 0; t < tiles; t++) spare[t] = key_of(tops[t], (uint32_t)t);
    select_best(spare, tiles, FIRST, FIRST);
    uint64_t worst = spare[0];
    for (size_t i = 1; i < FIRST; i++) worst = spare[i] < worst ? spare[i] : worst;
    return score_of(worst);
}

/// Scans cells in order while they promise enough.
static void read_cells(struct search *search, const float *promise, const float *bases, const uint64_t *order,
                       size_t count) {
    const struct martlet_cells *cells = search->cells;
    const size_t size = martlet_cells_tile_bytes(cells->dimensions);
    for (size_t i = 0; i < count; i++) {
        const size_t cell = slot_of(order[i]);
        if (!(promise[cell] >= search->threshold)) break;
        const size_t first = (size_t)cells->offsets[cell], last = (size_t)cells->offsets[cell + 1];
        const size_t after = i + 1 < count ? (size_t)cells->offsets[slot_of(order[i + 1])] : first;
        in_use.scan(search, first, last, bases[cell], cells->tiles + after * size);
        search->scanned += (last - first) * TILE;
    }
}

void martlet_cells_search(const struct martlet_cells *cells, struct martlet_cells_job *job) {
    const size_t dimensions = cells->dimensions, padded = (cells->cells + TILE - 1) / TILE * TILE;
    job->scanned = 0;
    if (!is_finite(job->query, dimensions) || !job->k) return pad(job);
    struct search search;
    search.cells = cells;
    search.job = job;
    search.blocks = blocks_of(dimensions);
    search.threshold = -INFINITY;
    search.length = search.scanned = 0;
    search.capacity = job->refine + SLACK;
    memset(search.query, 0, search.blocks * 8);
    const float most = quantize(job->query, dimensions, search.query);
    search.sum = 0;
    double norm = 0;
    for (size_t d = 0; d < dimensions; d++) {
        search.sum += search.query[d];
        const double share = most > 0 ? (double)job->query[d] / (double)most : 0;
        norm += share * share;
    }
    search.factor = 1.0f / 127;
    note_excluded(&search);

    const size_t candidate_bytes = rounded((search.capacity + 2 * TILE) * sizeof(uint64_t));
    const size_t order_bytes = rounded((padded + TILE) * sizeof(uint64_t)), float_bytes = rounded(padded * sizeof(float));
    char *at = martlet_thread_scratch(2 * candidate_bytes + 2 * order_bytes + 3 * float_bytes);
    search.candidates = (uint64_t *)at, at += candidate_bytes;
    uint64_t *spare = (uint64_t *)at;
    at += candidate_bytes;
    uint64_t *order = (uint64_t *)at;
    at += order_bytes;
    uint64_t *order_spare = (uint64_t *)at;
    at += order_bytes;
    float *bases = (float *)at, *promise = (float *)(at + float_bytes), *tops = (float *)(at + 2 * float_bytes);

    in_use.coarse(&search, bases);
    const float reach = (job->reach < 1e30f ? job->reach : 1e30f) * (float)sqrt(norm);
    in_use.promise(cells, bases, reach, promise, tops);
    // The cells that promise most raise the threshold, by which the rest are chosen.
    size_t count = choose(
        promise, tops, cells->cells, first_promise(tops, padded / TILE, order_spare), FIRST, order, order_spare);
    read_cells(&search, promise, bases, order, count);
    compact(&search);
    for (size_t i = 0; i < count; i++) promise[slot_of(order[i])] = -INFINITY;
    const float least = search.threshold > -3.4e38f ? search.threshold : -3.4e38f;
    count = choose(promise, tops, cells->cells, least, cells->cells, order, order_spare);
    read_cells(&search, promise, bases, order, count);
    compact(&search);
    job->scanned = search.scanned;
    for (size_t i = 0; i < search.length && i < 16; i++) fetch_row(cells, slot_of(search.candidates[i]));
    for (size_t i = 0; i < search.length; i++) {
        if (i + 16 < search.length) fetch_row(cells, slot_of(search.candidates[i + 16]));
        search.candidates[i] = exact_key(cells, job->query, slot_of(search.candidates[i]));
    }
    finish(job, search.candidates, spare, search.length);
}

void martlet_cells_exact(const struct martlet_cells *cells, struct martlet_cells_job *job, const int32_t *slots,
                        size_t count) {
    job->scanned = 0;
    if (!is_finite(job->query, cells->dimensions) || !job->k) return pad(job);
    struct search search;
    search.cells = cells;
    search.job = job;
    note_excluded(&search);
    uint64_t *keys = martlet_thread_scratch((2 * count + 1) * sizeof *keys);
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (i + 16 < count) fetch_row(cells, (size_t)slots[i + 16]);
        if (search.is_filtered && is_hidden(&search, cells->keys[slots[i]])) continue;
        keys[found++] = exact_key(cells, job->query, (size_t)slots[i]);
    }
    finish(job, keys, keys + count, found);
}

size_t martlet_cells_allowed(const struct martlet_cells *cells, const int32_t *ordered, const int32_t *slot_of_key,
                             size_t count, const uint8_t *allowed, size_t allowed_count, int32_t *slots) {
    size_t found = 0;
    const int is_dense = count > 0 && (size_t)(ordered[count - 1] - ordered[0]) == count - 1;
    for (size_t i = 0; i < count; i++) {
        // Keys without gaps: eight of them are eight bytes of `allowed`.
        if (is_dense && i + 8 <= count && (size_t)ordered[i] + 8 <= allowed_count) {
            uint64_t eight;
            memcpy(&eight, allowed + ordered[i], 8);
            if (!eight) {
                i += 7;
                continue;
            }
        }
        const size_t key = (size_t)ordered[i];
        if (key >= allowed_count) break;
        const int32_t slot = slot_of_key[i];
        if (allowed[key] && cells->live[slot / TILE] >> slot % TILE & 1) slots[found++] = slot;
    }
    return found;
}
