#include "scan.h"

#include <math.h>
#include <string.h>

#include "dispatch.h"
#include "ranking_keys.h"
#include "topk.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
    TILE = 16,    // items that are packed together
    EXTRA = 4096,  // the most candidates beyond 2k
    EARLY = 512,   // candidates beyond those that stayed before the bounds are raised
    MOST_DIMENSIONS = 4096,
};

// A tile: its items' whole numbers, four dimensions of one item next to each other, 128 added to each (the instruction
// multiplies bytes without sign by bytes with sign); then for each item s, ‖e‖ and the larger of ‖x‖ and ‖x̂‖.
static size_t quads(size_t dimensions) { return (dimensions + 3) / 4; }
static size_t tile_bytes(size_t dimensions) { return quads(dimensions) * 4 * TILE + 3 * TILE * sizeof(float); }

size_t martlet_scan_tile_items(void) { return TILE; }

size_t martlet_scan_packed_bytes(size_t slots, size_t dimensions) {
    return (slots + TILE - 1) / TILE * tile_bytes(dimensions);
}

int martlet_scan_is_fast(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return martlet_kernels_in_use() == MARTLET_AVX512 && __builtin_cpu_supports("avx512vnni");
#else
    return 0;
#endif
}

/// Whole numbers for `count` floats: values ≈ scale · whole. Returns the scale; the norms are rounded up.
static float quantize(const float *values, size_t count, int8_t *whole, float *error_norm, float *norm) {
    float most = 0;
    for (size_t d = 0; d < count; d++) most = fabsf(values[d]) > most ? fabsf(values[d]) : most;
    // Numbers too small to be divided by are held as zeros; ‖e‖ says so.
    const float inverse = most > 1e-30f ? 127 / most : 0, scale = inverse > 0 ? most / 127 : 0;
    double error = 0, own = 0, rounded = 0;
    for (size_t d = 0; d < count; d++) {
        float nearest = rintf(values[d] * inverse);
        nearest = nearest > 127 ? 127 : nearest < -127 ? -127 : nearest;
        whole[d] = (int8_t)nearest;
        const double held = (double)scale * (double)nearest, left = (double)values[d] - held;
        error += left * left;
        own += (double)values[d] * (double)values[d];
        rounded += held * held;
    }
    *error_norm = (float)(sqrt(error) * 1.000001);
    *norm = (float)(sqrt(own > rounded ? own : rounded) * 1.000001);
    return scale;
}

void martlet_scan_pack(const float *rows, size_t slots, size_t dimensions, size_t first, size_t last, void *packed) {
    const size_t count = quads(dimensions);
    for (size_t tile = first; tile < last; tile++) {
        uint8_t *bytes = (uint8_t *)packed + tile * tile_bytes(dimensions);
        float *floats = (float *)(bytes + count * 4 * TILE);
        memset(bytes, 128, count * 4 * TILE);
        for (size_t lane = 0; lane < TILE; lane++) {
            const size_t slot = tile * TILE + lane;
            floats[lane] = floats[TILE + lane] = floats[2 * TILE + lane] = 0;
            if (slot >= slots) continue;
            int8_t whole[MOST_DIMENSIONS];
            floats[lane] = quantize(
                rows + slot * dimensions, dimensions, whole, floats + TILE + lane, floats + 2 * TILE + lane);
            for (size_t d = 0; d < dimensions; d++)
                bytes[d / 4 * 4 * TILE + lane * 4 + d % 4] = (uint8_t)(whole[d] + 128);
        }
    }
}

// MARK: - One query

struct candidate {
    float lower, upper;
    uint32_t slot;
};

struct scan {
    const struct martlet_scan_job *job;
    const int8_t *query;  // whole numbers, 0 after the last
    int32_t shift;        // 128 · their sum
    float scale, error, rounding;
    float threshold;      // k items have a lower bound of at least this
    size_t length, limit, capacity, cursor;
    struct candidate *candidates;
    uint64_t *keys;
};

/// Raises the threshold to the k-th largest lower bound, and drops who cannot reach it. False if nearly all stay.
static __attribute__((noinline)) int compact(struct scan *scan) {
    const size_t k = scan->job->k;
    if (scan->length >= k) {
        for (size_t i = 0; i < scan->length; i++)
            scan->keys[i] = key_of(scan->candidates[i].lower, scan->candidates[i].slot);
        select_best(scan->keys, scan->length, k, k);
        uint64_t worst = scan->keys[0];
        for (size_t i = 1; i < k; i++) worst = scan->keys[i] < worst ? scan->keys[i] : worst;
        scan->threshold = score_of(worst);
    }
    size_t kept = 0;
    for (size_t i = 0; i < scan->length; i++)
        if (scan->candidates[i].upper >= scan->threshold) scan->candidates[kept++] = scan->candidates[i];
    scan->length = kept;
    // A sharp threshold early saves most offers; where many stay, a sorting out must pay for itself.
    scan->limit = 2 * kept + EARLY < scan->capacity ? 2 * kept + EARLY : scan->capacity;
    return kept <= scan->capacity - EXTRA / 2;
}

/// Takes a slot whose upper bound reaches the threshold. A scan offers rising slots.
static inline int offer(struct scan *scan, size_t slot, float lower, float upper) {
    const struct martlet_scan_job *job = scan->job;
    // Bounds that are not numbers bound nothing.
    if (slot >= job->slots || upper < scan->threshold) return 1;
    const int32_t item = job->items ? job->items[slot] : (int32_t)slot;
    if (job->allowed && !job->allowed[item]) return 1;
    while (scan->cursor < job->excluded_count && job->excluded[scan->cursor] < item) scan->cursor++;
    if (scan->cursor < job->excluded_count && job->excluded[scan->cursor] == item) return 1;
    scan->candidates[scan->length++] =
        (struct candidate){isnan(lower) ? -INFINITY : lower, isnan(upper) ? INFINITY : upper, (uint32_t)slot};
    return scan->length < scan->limit || compact(scan);
}

static int run_plain(struct scan *scan) {
    const struct martlet_scan_job *job = scan->job;
    const size_t count = quads(job->dimensions), tiles = (job->slots + TILE - 1) / TILE;
    for (size_t tile = 0; tile < tiles; tile++) {
        const uint8_t *bytes = (const uint8_t *)job->packed + tile * tile_bytes(job->dimensions);
        const float *floats = (const float *)(bytes + count * 4 * TILE);
        int32_t sums[TILE] = {0};
        for (size_t q = 0; q < count; q++)
            for (int lane = 0; lane < TILE; lane++)
                for (int b = 0; b < 4; b++)
                    sums[lane] += (int32_t)bytes[(q * TILE + lane) * 4 + b] * scan->query[q * 4 + b];
        for (int lane = 0; lane < TILE; lane++) {
            const float middle = floats[lane] * scan->scale * (float)(sums[lane] - scan->shift);
            const float doubt = floats[TILE + lane] * scan->error + floats[2 * TILE + lane] * scan->rounding;
            if (!offer(scan, tile * TILE + lane, middle - doubt, middle + doubt)) return 0;
        }
    }
    return 1;
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))) static int run_vnni(struct scan *scan) {
    const struct martlet_scan_job *job = scan->job;
    const size_t count = quads(job->dimensions), tiles = (job->slots + TILE - 1) / TILE;
    const size_t size = tile_bytes(job->dimensions);
    const __m512i shift = _mm512_set1_epi32(scan->shift);
    const __m512 scale = _mm512_set1_ps(scan->scale), error = _mm512_set1_ps(scan->error);
    const __m512 rounding = _mm512_set1_ps(scan->rounding);
    for (size_t tile = 0; tile < tiles; tile++) {
        const uint8_t *bytes = (const uint8_t *)job->packed + tile * size;
        // From far away: some tiles ahead.
        for (size_t line = 0; line < size; line += 64) __builtin_prefetch(bytes + 8 * size + line);
        __m512i sums[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
        size_t q = 0;
        for (; q + 4 <= count; q += 4)
            for (int i = 0; i < 4; i++) {
                int32_t four;
                memcpy(&four, scan->query + (q + i) * 4, 4);
                sums[i] = _mm512_dpbusd_epi32(
                    sums[i], _mm512_loadu_si512(bytes + (q + i) * 64), _mm512_set1_epi32(four));
            }
        for (; q < count; q++) {
            int32_t four;
            memcpy(&four, scan->query + q * 4, 4);
            sums[0] = _mm512_dpbusd_epi32(sums[0], _mm512_loadu_si512(bytes + q * 64), _mm512_set1_epi32(four));
        }
        const __m512i sum = _mm512_add_epi32(_mm512_add_epi32(sums[0], sums[1]), _mm512_add_epi32(sums[2], sums[3]));
        const float *floats = (const float *)(bytes + count * 64);
        const __m512 factor = _mm512_mul_ps(_mm512_loadu_ps(floats), scale);
        const __m512 middle = _mm512_mul_ps(factor, _mm512_cvtepi32_ps(_mm512_sub_epi32(sum, shift)));
        const __m512 doubt = _mm512_fmadd_ps(
            _mm512_loadu_ps(floats + TILE), error, _mm512_mul_ps(_mm512_loadu_ps(floats + 2 * TILE), rounding));
        const __m512 upper = _mm512_add_ps(middle, doubt);
        uint32_t passed = _mm512_cmp_ps_mask(upper, _mm512_set1_ps(scan->threshold), _CMP_NLT_UQ);
        if (__builtin_expect(!passed, 1)) continue;
        float lowers[TILE], uppers[TILE];
        _mm512_storeu_ps(lowers, _mm512_sub_ps(middle, doubt));
        _mm512_storeu_ps(uppers, upper);
        for (; passed; passed &= passed - 1) {
            const int lane = __builtin_ctz(passed);
            if (!offer(scan, tile * TILE + lane, lowers[lane], uppers[lane])) return 0;
        }
    }
    return 1;
}
#endif

static size_t rounded(size_t bytes) { return (bytes + 63) / 64 * 64; }

size_t martlet_scan_scratch_bytes(size_t dimensions, size_t k) {
    const size_t capacity = 2 * k + EXTRA;
    return rounded(quads(dimensions) * 4) + rounded(capacity * sizeof(struct candidate)) +
           2 * rounded(capacity * sizeof(uint64_t));
}

int martlet_scan(const struct martlet_scan_job *job, void *scratch) {
    const size_t capacity = 2 * job->k + EXTRA, dimensions = job->dimensions;
    if (dimensions > MOST_DIMENSIONS) return 0;
    char *next = scratch;
    int8_t *query = (int8_t *)next;
    next += rounded(quads(dimensions) * 4);
    struct candidate *candidates = (struct candidate *)next;
    next += rounded(capacity * sizeof *candidates);
    uint64_t *keys = (uint64_t *)next;
    next += rounded(capacity * sizeof *keys);
    uint64_t *spare = (uint64_t *)next;

    for (size_t d = 0; d < dimensions; d++)
        if (!isfinite(job->query[d])) return 0;
    float error, norm;
    memset(query, 0, quads(dimensions) * 4);
    const float scale = quantize(job->query, dimensions, query, &error, &norm);
    int32_t sum = 0;
    for (size_t d = 0; d < dimensions; d++) sum += query[d];
    // The bounds themselves are made in float32: their own rounding is far below this share of ‖x‖ · ‖y‖.
    const float rounding = (float)(dimensions + 16) * 1.2e-7f * norm;
    struct scan scan = {
        job, query, 128 * sum, scale, norm, (error + rounding) * 1.000001f, -INFINITY, 0, 2 * job->k + EARLY, capacity, 0,
        candidates, keys,
    };
    int enough;
#if defined(__x86_64__)
    if (martlet_scan_is_fast()) enough = run_vnni(&scan);
    else enough = run_plain(&scan);
#else
    enough = run_plain(&scan);
#endif
    if (!enough) return 0;
    compact(&scan);
    for (size_t i = 0; i < scan.length; i++) {
        const size_t slot = candidates[i].slot;
        const float score = martlet_topk_score(job->query, job->rows + slot * dimensions, dimensions);
        // Too large for a float, or not a number: bounds say nothing of it.
        if (!isfinite(score)) return 0;
        keys[i] = key_of(score, (uint32_t)slot);
    }
    size_t found = scan.length;
    if (found > job->k) found = select_best(keys, found, job->k, job->k);
    sort_descending(keys, spare, found);
    for (size_t rank = 0; rank < job->k; rank++) {
        const int real = rank < found;
        const uint32_t slot = real ? slot_of(keys[rank]) : 0;
        job->result_items[rank] = !real ? -1 : job->items ? job->items[slot] : (int32_t)slot;
        job->result_scores[rank] = real ? score_of(keys[rank]) : -INFINITY;
    }
    return 1;
}
