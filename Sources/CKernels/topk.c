#include "topk.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "dispatch.h"
#include "ranking_keys.h"

// Which tiles of items a scan reads.
enum tiles { ALL, SAMPLE, REST };

// Every so many tiles belong to the sample.
enum { STRIDE = 16 };

struct block {
    const float *packed_items, *packed_queries;
    size_t slots, dimensions, query_count, k, capacity;
    float *thresholds;     // the least score of a new candidate
    uint32_t *lengths;     // how many candidates each query has
    int64_t *cursors;      // the first excluded item not below the item last offered
    uint64_t *candidates;  // capacity keys a query
    const struct martlet_topk_job *job;
};

// MARK: - Selection

/// A query's list is full: keep about its best k, and raise its threshold to the worst score kept.
static __attribute__((noinline)) void compact(struct block *block, size_t query) {
    uint64_t *keys = block->candidates + query * block->capacity;
    const size_t most = block->k + (block->capacity - block->k) / 8;
    const size_t kept = select_best(keys, block->lengths[query], block->k, most);
    uint64_t worst = keys[0];
    for (size_t i = 1; i < kept; i++) worst = keys[i] < worst ? keys[i] : worst;
    block->lengths[query] = (uint32_t)kept;
    block->thresholds[query] = score_of(worst);
}

/// Takes a slot whose score passed the threshold it had at the tile's beginning. A scan offers rising slots.
static inline void offer(struct block *block, size_t query, size_t slot, float score) {
    if (slot >= block->slots || !(score >= block->thresholds[query])) return;
    const struct martlet_topk_job *job = block->job;
    const int32_t item = job->items ? job->items[slot] : (int32_t)slot;
    if (job->allowed && !job->allowed[item]) return;
    if (job->excluded) {
        const int64_t end = job->offsets[query + 1];
        int64_t cursor = block->cursors[query];
        while (cursor < end && job->excluded[cursor] < item) cursor++;
        block->cursors[query] = cursor;
        if (cursor < end && job->excluded[cursor] == item) return;
    }
    block->candidates[query * block->capacity + block->lengths[query]++] = key_of(score, (uint32_t)slot);
    if (block->lengths[query] == block->capacity) compact(block, query);
}

// MARK: - Scans, one for each instruction set

typedef int32_t lanes4 __attribute__((vector_size(16)));

static inline uint32_t bits_of_lanes(lanes4 lanes) {
    uint32_t bits = 0;
    for (int lane = 0; lane < 4; lane++) bits |= (uint32_t)(lanes[lane] & 1) << lane;
    return bits;
}

#define LANES 4
#define VECTORS 2
#define ROWS 4
#define TARGET
#define NAME(x) x##_plain
#define BITS(m) bits_of_lanes((lanes4)(m))
#define ANY(m) BITS(m)
#include "topk_tile.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define LANES 8
#define VECTORS 2
#define ROWS 6
#define TARGET __attribute__((target("avx2,fma")))
#define NAME(x) x##_avx2
#define BITS(m) (uint32_t) _mm256_movemask_ps((__m256)(m))
#define ANY(m) BITS(m)
#include "topk_tile.h"

#define LANES 16
#define VECTORS 2
#define ROWS 12
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define NAME(x) x##_avx512
#define BITS(m) (uint32_t) _mm512_movepi32_mask((__m512i)(m))
#define ANY(m) BITS(m)
#include "topk_tile.h"
#elif defined(__aarch64__)
#include <arm_neon.h>
#define LANES 4
#define VECTORS 4
#define ROWS 6
#define TARGET
#define NAME(x) x##_neon
#define BITS(m) bits_of_lanes((lanes4)(m))
#define ANY(m) vmaxvq_u32((uint32x4_t)(m))
#include "topk_tile.h"
#endif

static struct {
    size_t tile_items, tile_queries;
    void (*scan)(struct block *, enum tiles);
} in_use = {8, 4, scan_plain};

__attribute__((constructor)) static void choose_topk(void) {
    switch (martlet_kernels_in_use()) {
#if defined(__x86_64__)
        case MARTLET_AVX2: in_use.tile_items = 16, in_use.tile_queries = 6, in_use.scan = scan_avx2; break;
        case MARTLET_AVX512: in_use.tile_items = 32, in_use.tile_queries = 12, in_use.scan = scan_avx512; break;
#elif defined(__aarch64__)
        case MARTLET_NEON: in_use.tile_items = 16, in_use.tile_queries = 6, in_use.scan = scan_neon; break;
#endif
        default: break;
    }
}

// MARK: - Blocks

// A multiple of every tile's queries. All items pass by once for each block, 4·D·T bytes for BLOCK/ROWS tiles of work;
// the packed queries (4·D·BLOCK bytes) stay in the second-level cache.
enum { BLOCK = 384 };

size_t martlet_topk_tile_items(void) { return in_use.tile_items; }
size_t martlet_topk_block_queries(void) { return BLOCK; }

void martlet_topk_pack(const float *rows, const int32_t *chosen, size_t slots, size_t dimensions, size_t first,
                       size_t last, float *packed) {
    const size_t width = in_use.tile_items;
    for (size_t tile = first; tile < last; tile++) {
        float *to = packed + tile * dimensions * width;
        for (size_t lane = 0; lane < width; lane++) {
            const size_t slot = tile * width + lane;
            if (slot < slots) {
                const float *row = rows + (chosen ? (size_t)chosen[slot] : slot) * dimensions;
                for (size_t d = 0; d < dimensions; d++) to[d * width + lane] = row[d];
            } else {
                for (size_t d = 0; d < dimensions; d++) to[d * width + lane] = 0;
            }
        }
    }
}

// Twice the list and some: a longer list is compacted more rarely but its threshold lags behind.
static size_t capacity_for(size_t k) { return 2 * k + 64; }
static size_t rounded(size_t bytes) { return (bytes + 63) / 64 * 64; }

size_t martlet_topk_scratch_bytes(size_t dimensions, size_t k) {
    return rounded(BLOCK * dimensions * sizeof(float)) + rounded(BLOCK * sizeof(float)) +
           rounded(BLOCK * sizeof(uint32_t)) + rounded(BLOCK * sizeof(int64_t)) +
           rounded((BLOCK + 1) * capacity_for(k) * sizeof(uint64_t));
}

/// Begins a scan of all queries: no excluded item passed yet.
static void rewind_exclusions(struct block *block) {
    const struct martlet_topk_job *job = block->job;
    for (size_t query = 0; job->offsets && query < job->query_count; query++)
        block->cursors[query] = job->offsets[query];
}

/// Reads a sample of the tiles, and from it guesses for each query a threshold that well over k items will reach.
///
/// The r-th best score of a sample of 1/STRIDE of the items is reached by some r·STRIDE of all. Of the best k, about
/// k/STRIDE are in the sample; the guess is too high only if r of them are, which r makes rare.
static void guess_thresholds(struct block *block) {
    const double expected = (double)block->k / STRIDE;
    const size_t k = block->k, rank = (size_t)(expected + 4 * sqrt(expected) + 4);
    block->k = rank;
    in_use.scan(block, SAMPLE);
    block->k = k;
    for (size_t query = 0; query < block->job->query_count; query++) {
        uint64_t *keys = block->candidates + query * block->capacity;
        size_t length = block->lengths[query];
        if (length < rank) {
            block->thresholds[query] = -FLT_MAX;
            continue;
        }
        length = select_best(keys, length, rank, rank);
        uint64_t worst = keys[0];
        for (size_t i = 1; i < length; i++) worst = keys[i] < worst ? keys[i] : worst;
        block->lengths[query] = (uint32_t)length;
        block->thresholds[query] = score_of(worst);
    }
}

void martlet_topk_block(const struct martlet_topk_job *job, void *scratch) {
    const size_t rows = in_use.tile_queries, dimensions = job->dimensions, capacity = capacity_for(job->k);
    char *next = scratch;
    float *queries = (float *)next;
    next += rounded(BLOCK * dimensions * sizeof(float));
    float *thresholds = (float *)next;
    next += rounded(BLOCK * sizeof(float));
    uint32_t *lengths = (uint32_t *)next;
    next += rounded(BLOCK * sizeof(uint32_t));
    int64_t *cursors = (int64_t *)next;
    next += rounded(BLOCK * sizeof(int64_t));
    uint64_t *candidates = (uint64_t *)next, *spare = candidates + BLOCK * capacity;

    for (size_t query = 0; query < BLOCK; query++) {
        const int real = query < job->query_count;
        float *to = queries + query / rows * rows * dimensions + query % rows;
        for (size_t d = 0; d < dimensions; d++) to[d * rows] = real ? job->queries[query * dimensions + d] : 0;
        thresholds[query] = real ? -FLT_MAX : NAN;  // nothing passes for the padding of the last tile
        lengths[query] = 0;
    }
    struct block block = {
        job->packed, queries, job->slots, dimensions, job->query_count, job->k, capacity,
        thresholds,  lengths, cursors,    candidates, job,
    };
    rewind_exclusions(&block);
    if (job->slots >= 4096 && job->slots / job->k >= 4 * STRIDE) {
        guess_thresholds(&block);
        rewind_exclusions(&block);
        in_use.scan(&block, REST);
        // Where the guess was too high, fewer than k items reached it: those queries read all items again, as long as
        // there are any such; the other queries of the block sit out.
        int again = 0;
        for (size_t query = 0; query < job->query_count; query++) {
            const int missed = lengths[query] < job->k && thresholds[query] > -FLT_MAX;
            thresholds[query] = missed ? -FLT_MAX : NAN;
            if (missed) lengths[query] = 0, again = 1;
        }
        if (again) {
            rewind_exclusions(&block);
            in_use.scan(&block, ALL);
        }
    } else {
        in_use.scan(&block, ALL);
    }

    for (size_t query = 0; query < job->query_count; query++) {
        uint64_t *keys = candidates + query * capacity;
        size_t found = lengths[query];
        if (found > job->k) found = select_best(keys, found, job->k, job->k);
        sort_descending(keys, spare, found);
        int32_t *items = job->result_items + query * job->k;
        float *scores = job->result_scores + query * job->k;
        for (size_t rank = 0; rank < job->k; rank++) {
            const int real = rank < found;
            const uint32_t slot = real ? slot_of(keys[rank]) : 0;
            items[rank] = !real ? -1 : job->items ? job->items[slot] : (int32_t)slot;
            scores[rank] = real ? score_of(keys[rank]) : -INFINITY;
        }
    }
}

// MARK: - One pair

static float score_plain(const float *query, const float *item, size_t dimensions) {
    float sum = 0;
    for (size_t d = 0; d < dimensions; d++) sum += query[d] * item[d];
    return sum;
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static float score_fused(const float *query, const float *item, size_t dimensions) {
    float sum = 0;
    for (size_t d = 0; d < dimensions; d++) sum = __builtin_fmaf(query[d], item[d], sum);
    return sum;
}
#endif

float martlet_topk_score(const float *query, const float *item, size_t dimensions) {
#if defined(__x86_64__)
    if (martlet_kernels_in_use() != MARTLET_PLAIN) return score_fused(query, item, dimensions);
#endif
    return score_plain(query, item, dimensions);
}
