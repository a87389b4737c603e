// The kernels of cells.c for AVX2 and for AVX-512 with VNNI; its plain ones are what they are checked against.

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
