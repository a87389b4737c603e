#include "cells.h"

#include <math.h>
#include <string.h>

#include "dispatch.h"
#include "ranking_keys.h"
#include "scan.h"
#include "scratch.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
    TILE = 16,
    FIRST = 32,    // cells that are read before the rule is asked
    SLACK = 512,   // candidates beyond R before the threshold is raised
    AHEAD = 6,     // tiles fetched before they are read
    MOST_DIMENSIONS = 4096,
};

static size_t blocks_of(size_t dimensions) { return (dimensions + 7) / 8; }
static size_t rounded(size_t bytes) { return (bytes + 63) / 64 * 64; }

size_t martlet_cells_tile_items(void) { return TILE; }
size_t martlet_cells_tile_bytes(size_t dimensions) { return blocks_of(dimensions) * 64 + TILE * sizeof(float); }
size_t martlet_cells_most_dimensions(void) { return MOST_DIMENSIONS; }

// MARK: - Encoding

/// The whole numbers 0…15 of a residual at one width of its steps. Returns the squared error, and the factor s of 2n − 15
/// that leaves no error along the residual itself: that is where a query's near neighbours lie (Guo et al. 2020).
static double encode_at(const float *residual, size_t dimensions, double own, float step, uint8_t *codes, float *scale) {
    double along = 0, square = 0;
    for (size_t d = 0; d < dimensions; d++) {
        float nearest = floorf(residual[d] / step + 8);
        nearest = nearest > 15 ? 15 : nearest > 0 ? nearest : 0;
        codes[d] = (uint8_t)nearest;
        const double value = 2 * (double)nearest - 15;
        along += value * (double)residual[d];
        square += value * value;
    }
    const double factor = along > 0 ? own / along : 0;
    *scale = (float)factor;
    return own - 2 * factor * along + factor * factor * square;
}

/// x = m · 2^e with the largest |m| between 2¹⁴ and 2¹⁵.
static int8_t encode_row(const float *vector, size_t dimensions, int16_t *row) {
    float most = 0;
    for (size_t d = 0; d < dimensions; d++) most = fabsf(vector[d]) > most ? fabsf(vector[d]) : most;
    int exponent = 0;
    if (most > 0) {
        frexpf(most, &exponent);
        exponent -= 15;
        if (exponent < -128) exponent = -128;
    }
    const double factor = ldexp(1, -exponent);
    for (size_t d = 0; d < dimensions; d++) {
        double nearest = rint((double)vector[d] * factor);
        row[d] = (int16_t)(nearest > 32767 ? 32767 : nearest < -32767 ? -32767 : nearest);
    }
    return (int8_t)exponent;
}

double martlet_cells_encode(const float *vectors, const int32_t *chosen, size_t count, size_t dimensions,
                            const float *centroid, uint8_t *tiles, int16_t *rows, int8_t *exponents) {
    static const float widths[] = {1.0f, 0.9f, 0.8f, 0.7f};
    const size_t size = martlet_cells_tile_bytes(dimensions), places = (count + TILE - 1) / TILE * TILE;
    memset(tiles, 0, places / TILE * size);
    double sum = 0;
    float residual[MOST_DIMENSIONS];
    uint8_t codes[2][MOST_DIMENSIONS];
    for (size_t i = 0; i < places; i++) {
        if (i >= count) {
            memset(rows + i * dimensions, 0, dimensions * sizeof *rows);
            exponents[i] = 0;
            continue;
        }
        const float *vector = vectors + (size_t)chosen[i] * dimensions;
        exponents[i] = encode_row(vector, dimensions, rows + i * dimensions);
        float most = 0;
        double own = 0;
        for (size_t d = 0; d < dimensions; d++) {
            residual[d] = vector[d] - centroid[d];
            most = fabsf(residual[d]) > most ? fabsf(residual[d]) : most;
            own += (double)residual[d] * (double)residual[d];
        }
        sum += own;
        int best = 0;
        float scale = 0;
        memset(codes[0], 8, dimensions);
        if (most > 0 && isfinite(most)) {
            double least = INFINITY;
            for (int w = 0; w < 4; w++) {
                float candidate;
                const double error = encode_at(
                    residual, dimensions, own, most * (2.0f / 15) * widths[w] + 1e-38f, codes[1 - best], &candidate);
                if (!(error < least)) continue;
                least = error;
                scale = candidate;
                best = 1 - best;
            }
        }
        uint8_t *tile = tiles + i / TILE * size;
        const size_t lane = i % TILE;
        for (size_t d = 0; d < dimensions; d++)
            tile[d / 8 * 64 + lane * 4 + d % 4] |= (uint8_t)(codes[best][d] << (d % 8 / 4 * 4));
        memcpy(tile + size - TILE * sizeof(float) + lane * sizeof(float), &scale, sizeof scale);
    }
    return sum;
}

void martlet_cells_move(const uint8_t *tiles, size_t from, uint8_t *target, size_t to, size_t dimensions) {
    const size_t size = martlet_cells_tile_bytes(dimensions), parts = blocks_of(dimensions) + 1;
    const uint8_t *source = tiles + from / TILE * size + from % TILE * 4;
    uint8_t *goal = target + to / TILE * size + to % TILE * 4;
    for (size_t part = 0; part < parts; part++) memcpy(goal + part * 64, source + part * 64, 4);
}

void martlet_cells_decode(const int16_t *row, int8_t exponent, size_t dimensions, float *vector) {
    for (size_t d = 0; d < dimensions; d++) vector[d] = ldexpf((float)row[d], exponent);
}

// MARK: - Centroids

// A tile of 16 centroids: their whole numbers plus 128, four dimensions of one next to each other, then their scales.
static size_t centroid_tile_bytes(size_t dimensions) { return blocks_of(dimensions) * 128 + TILE * sizeof(float); }

size_t martlet_cells_centroid_bytes(size_t cells, size_t dimensions) {
    return (cells + TILE - 1) / TILE * centroid_tile_bytes(dimensions);
}

/// Whole numbers −127…127; returns the largest |value|, of which 127 stands for.
static float quantize(const float *values, size_t count, int8_t *whole) {
    float most = 0;
    for (size_t d = 0; d < count; d++) most = fabsf(values[d]) > most ? fabsf(values[d]) : most;
    for (size_t d = 0; d < count; d++) {
        float nearest = most > 0 ? rintf(values[d] / most * 127) : 0;
        whole[d] = (int8_t)(nearest > 127 ? 127 : nearest > -127 ? nearest : -127);
    }
    return most;
}

void martlet_cells_pack_centroids(const float *centroids, size_t cells, size_t dimensions, uint8_t *packed) {
    const size_t size = centroid_tile_bytes(dimensions);
    memset(packed, 128, martlet_cells_centroid_bytes(cells, dimensions));
    for (size_t cell = 0; cell < (cells + TILE - 1) / TILE * TILE; cell++) {
        uint8_t *tile = packed + cell / TILE * size;
        const size_t lane = cell % TILE;
        float scale = 0;
        if (cell < cells) {
            int8_t whole[MOST_DIMENSIONS];
            scale = quantize(centroids + cell * dimensions, dimensions, whole) / 127;
            for (size_t d = 0; d < dimensions; d++) tile[d / 4 * 64 + lane * 4 + d % 4] = (uint8_t)(whole[d] + 128);
        }
        memcpy(tile + size - TILE * sizeof(float) + lane * sizeof(float), &scale, sizeof scale);
    }
}

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
#define AVX2 __attribute__((target("avx2,fma")))
#define VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))

AVX2 static inline void sums_avx2(const uint8_t *tile, const int8_t *query, size_t blocks, int32_t *sums) {
    const __m256i low = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    __m256i a = _mm256_setzero_si256(), b = a;
    for (size_t block = 0; block < blocks; block++) {
        int32_t near, far;
        memcpy(&near, query + block * 8, 4);
        memcpy(&far, query + block * 8 + 4, 4);
        const __m256i q0 = _mm256_set1_epi32(near), q1 = _mm256_set1_epi32(far);
        const __m256i x = _mm256_loadu_si256((const __m256i *)(tile + block * 64));
        const __m256i y = _mm256_loadu_si256((const __m256i *)(tile + block * 64 + 32));
        // Pairs of products stay below 2 · 2 · 15 · 127: 16 bits hold them.
        const __m256i xs = _mm256_add_epi16(
            _mm256_maddubs_epi16(_mm256_and_si256(x, low), q0),
            _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(x, 4), low), q1));
        const __m256i ys = _mm256_add_epi16(
            _mm256_maddubs_epi16(_mm256_and_si256(y, low), q0),
            _mm256_maddubs_epi16(_mm256_and_si256(_mm256_srli_epi16(y, 4), low), q1));
        a = _mm256_add_epi32(a, _mm256_madd_epi16(xs, ones));
        b = _mm256_add_epi32(b, _mm256_madd_epi16(ys, ones));
    }
    _mm256_storeu_si256((__m256i *)sums, a);
    _mm256_storeu_si256((__m256i *)(sums + 8), b);
}

AVX2 static void scan_avx2(struct search *search, size_t first, size_t last, float base, const uint8_t *next) {
    (void)next;
    scan_by(search, first, last, base, sums_avx2);
}

AVX2 static float score_avx2(const float *query, const int16_t *row, size_t dimensions) {
    __m256 sum = _mm256_setzero_ps();
    size_t d = 0;
    for (; d + 8 <= dimensions; d += 8) {
        const __m256 x = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(row + d))));
        sum = _mm256_fmadd_ps(_mm256_loadu_ps(query + d), x, sum);
    }
    float lanes[8];
    _mm256_storeu_ps(lanes, sum);
    float total = ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
    for (; d < dimensions; d++) total += query[d] * (float)row[d];
    return total;
}

VNNI static inline __attribute__((always_inline)) void scan_blocks(
    struct search *search, size_t first, size_t last, float base, const uint8_t *next, const size_t blocks) {
    const struct martlet_cells *cells = search->cells;
    const size_t size = blocks * 64 + 64;
    const __m512i low = _mm512_set1_epi8(15), high = _mm512_set1_epi8((char)0xf0);
    const __m512i shift = _mm512_set1_epi32(15 * search->sum);
    const __m512 factor = _mm512_set1_ps(search->factor), bases = _mm512_set1_ps(base);
    const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    for (size_t t = first; t < last; t++) {
        const uint8_t *tile = cells->tiles + t * size;
        const uint8_t *ahead = t + AHEAD < last ? tile + AHEAD * size : next + (t + AHEAD - last) * size;
        __m512i near0 = _mm512_setzero_si512(), near1 = near0, far0 = near0, far1 = near0;
        for (size_t b = 0; b < blocks; b++) {
            int32_t q0, q1;
            memcpy(&q0, search->query + b * 8, 4);
            memcpy(&q1, search->query + b * 8 + 4, 4);
            __builtin_prefetch(ahead + b * 64);
            const __m512i x = _mm512_loadu_si512(tile + b * 64);
            // High halves count 16 times as much as they stand where they are.
            if (b % 2) {
                near1 = _mm512_dpbusd_epi32(near1, _mm512_and_si512(x, low), _mm512_set1_epi32(q0));
                far1 = _mm512_dpbusd_epi32(far1, _mm512_and_si512(x, high), _mm512_set1_epi32(q1));
            } else {
                near0 = _mm512_dpbusd_epi32(near0, _mm512_and_si512(x, low), _mm512_set1_epi32(q0));
                far0 = _mm512_dpbusd_epi32(far0, _mm512_and_si512(x, high), _mm512_set1_epi32(q1));
            }
        }
        __builtin_prefetch(ahead + blocks * 64);
        // 2 · (near + far / 16), whole since far is a multiple of 16.
        const __m512i sums = _mm512_add_epi32(
            _mm512_slli_epi32(_mm512_add_epi32(near0, near1), 1), _mm512_srai_epi32(_mm512_add_epi32(far0, far1), 3));
        const __m512 scales = _mm512_mul_ps(_mm512_loadu_ps(tile + blocks * 64), factor);
        const __m512 scores = _mm512_fmadd_ps(scales, _mm512_cvtepi32_ps(_mm512_sub_epi32(sums, shift)), bases);
        const __mmask16 passed = _mm512_mask_cmp_ps_mask(
            cells->live[t], scores, _mm512_set1_ps(search->threshold), _CMP_GT_OQ);
        if (!passed) continue;
        // key_of, sixteen at a time.
        const __m512i bits = _mm512_castps_si512(_mm512_add_ps(scores, _mm512_setzero_ps()));
        const __m512i turned = _mm512_xor_si512(
            bits, _mm512_or_si512(_mm512_srai_epi32(bits, 31), _mm512_set1_epi32((int)0x80000000u)));
        const __m512i slots = _mm512_add_epi32(_mm512_set1_epi32((int)(t * TILE)), lanes);
        const __m512i above = _mm512_maskz_compress_epi32(passed, turned);
        const __m512i below = _mm512_maskz_compress_epi32(passed, _mm512_xor_si512(slots, _mm512_set1_epi32(-1)));
        uint64_t *to = search->candidates + search->length;
        _mm512_storeu_si512(
            to, _mm512_or_si512(_mm512_slli_epi64(_mm512_cvtepu32_epi64(_mm512_castsi512_si256(above)), 32),
                                _mm512_cvtepu32_epi64(_mm512_castsi512_si256(below))));
        if (passed & (passed - 1) && __builtin_popcount(passed) > 8)
            _mm512_storeu_si512(
                to + 8,
                _mm512_or_si512(_mm512_slli_epi64(_mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(above, 1)), 32),
                                _mm512_cvtepu32_epi64(_mm512_extracti64x4_epi64(below, 1))));
        admit(search, (size_t)__builtin_popcount(passed));
    }
}

VNNI static void scan_vnni(struct search *search, size_t first, size_t last, float base, const uint8_t *next) {
    switch (search->blocks) {
        case 4: return scan_blocks(search, first, last, base, next, 4);
        case 8: return scan_blocks(search, first, last, base, next, 8);
        case 16: return scan_blocks(search, first, last, base, next, 16);
        default: return scan_blocks(search, first, last, base, next, search->blocks);
    }
}

VNNI static void coarse_vnni(const struct search *search, float *scores) {
    const struct martlet_cells *cells = search->cells;
    const size_t size = centroid_tile_bytes(cells->dimensions), quads = 2 * search->blocks;
    const __m512i shift = _mm512_set1_epi32(128 * search->sum);
    const __m512 factor = _mm512_set1_ps(search->factor);
    for (size_t t = 0; t < (cells->cells + TILE - 1) / TILE; t++) {
        const uint8_t *tile = cells->centroids + t * size;
        __m512i sums[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
        for (size_t q = 0; q < quads; q += 2)
            for (size_t i = 0; i < 2; i++) {
                int32_t four;
                memcpy(&four, search->query + (q + i) * 4, 4);
                __m512i *sum = &sums[(q / 2 % 2) * 2 + i];
                *sum = _mm512_dpbusd_epi32(*sum, _mm512_loadu_si512(tile + (q + i) * 64), _mm512_set1_epi32(four));
            }
        const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(sums[0], sums[1]), _mm512_add_epi32(sums[2], sums[3]));
        const __m512 scales = _mm512_mul_ps(_mm512_loadu_ps(tile + quads * 64), factor);
        _mm512_storeu_ps(scores + t * TILE, _mm512_mul_ps(scales, _mm512_cvtepi32_ps(_mm512_sub_epi32(sum, shift))));
    }
}

VNNI static void promise_vnni(
    const struct martlet_cells *cells, const float *bases, float reach, float *promise, float *tops) {
    for (size_t t = 0; t < (cells->cells + TILE - 1) / TILE; t++) {
        const size_t left = cells->cells - t * TILE;
        const __mmask16 there = left >= TILE ? 0xffff : (__mmask16)((1u << left) - 1);
        const __m512 spreads = _mm512_maskz_loadu_ps(there, cells->spreads + t * TILE);
        const __m512 sum = _mm512_fmadd_ps(_mm512_set1_ps(reach), spreads, _mm512_loadu_ps(bases + t * TILE));
        const __m512 all = _mm512_mask_mov_ps(_mm512_set1_ps(-INFINITY), there, sum);
        _mm512_storeu_ps(promise + t * TILE, all);
        tops[t] = _mm512_reduce_max_ps(all);
    }
}

VNNI static float score_vnni(const float *query, const int16_t *row, size_t dimensions) {
    __m512 a = _mm512_setzero_ps(), b = a;
    size_t d = 0;
    for (; d + 32 <= dimensions; d += 32) {
        const __m256i x = _mm256_loadu_si256((const __m256i *)(row + d));
        const __m256i y = _mm256_loadu_si256((const __m256i *)(row + d + 16));
        a = _mm512_fmadd_ps(_mm512_loadu_ps(query + d), _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(x)), a);
        b = _mm512_fmadd_ps(_mm512_loadu_ps(query + d + 16), _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(y)), b);
    }
    for (; d < dimensions; d += 16) {
        const __mmask16 tail = dimensions - d >= 16 ? 0xffff : (__mmask16)((1u << (dimensions - d)) - 1);
        const __m512i x = _mm512_cvtepi16_epi32(_mm256_maskz_loadu_epi16(tail, row + d));
        a = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(tail, query + d), _mm512_cvtepi32_ps(x), a);
    }
    return _mm512_reduce_add_ps(_mm512_add_ps(a, b));
}

VNNI static void best_avx512(const float *scores, size_t columns, int32_t first, float *best, int32_t *column) {
    __m512 most = _mm512_set1_ps(-INFINITY);
    __m512i at = _mm512_setzero_si512(), here = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    for (size_t j = 0; j < columns; j += 16) {
        const __mmask16 tail = columns - j >= 16 ? 0xffff : (__mmask16)((1u << (columns - j)) - 1);
        const __m512 x = _mm512_maskz_loadu_ps(tail, scores + j);
        const __mmask16 more = _mm512_mask_cmp_ps_mask(tail, x, most, _CMP_GT_OQ);
        most = _mm512_mask_mov_ps(most, more, x);
        at = _mm512_mask_mov_epi32(at, more, here);
        here = _mm512_add_epi32(here, _mm512_set1_epi32(16));
    }
    const float largest = _mm512_reduce_max_ps(most);
    if (!(largest > *best)) return;
    const __mmask16 ties = _mm512_cmp_ps_mask(most, _mm512_set1_ps(largest), _CMP_EQ_OQ);
    *best = largest;
    *column = first + _mm512_mask_reduce_min_epi32(ties, at);
}
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
