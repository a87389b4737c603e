// The micro-kernel of products, for one instruction set (instances.h). Factors are read in units of 32 bits: a float32,
// or with BF16 a pair of bfloat16 that are neighbours in k. A step is one unit of k.

#define INLINE TARGET static inline __attribute__((always_inline, unused))
#define UNUSED TARGET static __attribute__((unused))
#define VEC NAME(vector)
#define LANE NAME(lanes)

typedef float VEC __attribute__((vector_size(LANES * 4), aligned(4)));
typedef int32_t LANE __attribute__((vector_size(LANES * 4), aligned(4)));

#if BF16
typedef uint32_t NAME(unit);
enum { NAME(step) = 2 };
#else
typedef float NAME(unit);
enum { NAME(step) = 1 };
#endif
#define UNIT NAME(unit)

/// sums[r][v] += Σ_s a[r][s · across] · b[s][v], where b has `vectors` registers a step.
INLINE void NAME(tile)(size_t steps, const UNIT *const a[ROWS], size_t across, const UNIT *b, const int vectors,
                       VEC sums[ROWS][VECTORS]) {
    const UNIT *row[ROWS];
    VEC sum[ROWS][VECTORS];
    for (int r = 0; r < ROWS; r++) {
        row[r] = a[r];
        for (int v = 0; v < vectors; v++) sum[r][v] = sums[r][v];
    }
#pragma clang loop unroll_count(4)
    for (size_t s = 0; s < steps; s++, b += vectors * LANES) {
        VEC right[VECTORS];
        for (int v = 0; v < vectors; v++) right[v] = *(const VEC *)(b + v * LANES);
        for (int r = 0; r < ROWS; r++) {
#if BF16
            const __m512i left = _mm512_set1_epi32((int)row[r][s * across]);
            for (int v = 0; v < vectors; v++)
                sum[r][v] = (VEC)_mm512_dpbf16_ps((__m512)sum[r][v], (__m512bh)left, (__m512bh)right[v]);
#else
            const float left = row[r][s * across];
            for (int v = 0; v < vectors; v++) sum[r][v] += left * right[v];
#endif
        }
    }
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++) sums[r][v] = sum[r][v];
}

// MARK: - Rounding and packing

/// What a float is as a factor; with `rounds`, a bfloat16's value.
INLINE float NAME(factor)(float x, const int rounds) {
    if (!rounds) return x;
    uint32_t bits;
    memcpy(&bits, &x, 4);
    // NaN must stay NaN: its bits are not counted up.
    const uint32_t rounded = x != x ? bits | 0x400000u : bits + 0x7fffu + (bits >> 16 & 1);
    bits = rounded & 0xffff0000u;
    memcpy(&x, &bits, 4);
    return x;
}

/// How many units `count` numbers along k are.
INLINE size_t NAME(steps)(size_t count) { return (count + NAME(step) - 1) / NAME(step); }

/// The units of one step across `count` columns: to[j] is the factor of (first[j], second[j]); zeros up to `padded`.
/// Without pairs `second` is not looked at; NULL stands for zeros.
INLINE void NAME(pack_across)(const float *first, const float *second, size_t count, size_t padded, const int rounds,
                              UNIT *to) {
    size_t j = 0;
#if BF16
    for (; j + 16 <= count; j += 16) {
        const __m512 low = _mm512_loadu_ps(first + j), high = second ? _mm512_loadu_ps(second + j) : _mm512_setzero_ps();
        const __m512i even = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(low));
        const __m512i odd = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(high));
        _mm512_storeu_si512(to + j, _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
    }
    if (j < count) {
        const __mmask16 rest = (__mmask16)((1u << (count - j)) - 1);
        const __m512 low = _mm512_maskz_loadu_ps(rest, first + j);
        const __m512 high = second ? _mm512_maskz_loadu_ps(rest, second + j) : _mm512_setzero_ps();
        const __m512i even = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(low));
        const __m512i odd = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(high));
        _mm512_mask_storeu_epi32(to + j, rest, _mm512_or_si512(even, _mm512_slli_epi32(odd, 16)));
        j = count;
    }
#else
    for (; j < count; j++) to[j] = NAME(factor)(first[j], rounds);
#endif
    for (; j < padded; j++) to[j] = 0;
}

/// The units of `count` neighbours along k.
INLINE void NAME(pack_along)(const float *from, size_t count, const int rounds, UNIT *to) {
#if BF16
    size_t j = 0;
    for (; j < count; j += 32) {
        const size_t left = count - j;
        const __mmask16 first = left >= 16 ? 0xffff : (__mmask16)((1u << left) - 1);
        const __mmask16 second = left >= 32 ? 0xffff : left > 16 ? (__mmask16)((1u << (left - 16)) - 1) : 0;
        const __m512 low = _mm512_maskz_loadu_ps(first, from + j);
        const __m512 high = _mm512_maskz_loadu_ps(second, from + j + 16);
        const size_t units = (left + 1) / 2;
        const __mmask16 stored = units >= 16 ? 0xffff : (__mmask16)((1u << units) - 1);
        _mm512_mask_storeu_epi32(to + j / 2, stored, (__m512i)_mm512_cvtne2ps_pbh(high, low));
    }
#else
    for (size_t j = 0; j < count; j++) to[j] = NAME(factor)(from[j], rounds);
#endif
}

/// The registers of the panel that begins with column `column` of `columns`.
INLINE int NAME(panel_vectors)(size_t column, size_t columns) {
    const size_t left = columns - column;
    return left >= VECTORS * LANES ? VECTORS : (int)((left + LANES - 1) / LANES);
}

/// Packs rows `first ..< first + count` (along k) and all `columns` of op(B) into panels, each step after step. Panel
/// after panel has VECTORS · LANES columns, the last one as many registers as it needs.
UNUSED void NAME(pack_panels)(const float *b, size_t stride, int transposed, size_t first, size_t count, size_t columns,
                              const int rounds, UNIT *to) {
    const size_t steps = NAME(steps)(count);
    for (size_t column = 0; column < columns; column += VECTORS * LANES) {
        const size_t width = (size_t)NAME(panel_vectors)(column, columns) * LANES;
        const size_t real = columns - column < width ? columns - column : width;
        if (!transposed)
            for (size_t s = 0; s < steps; s++) {
                const float *row = b + (first + s * NAME(step)) * stride + column;
                const int last = s * NAME(step) + 1 == count;
                NAME(pack_across)(row, last ? NULL : row + stride, real, width, rounds, to + s * width);
            }
        else
            // Some steps of all columns at a time: the lines that are written to stay near until they are full.
            for (size_t s = 0; s < steps; s += 16) {
                const size_t most = steps - s < 16 ? steps - s : 16, begin = s * NAME(step);
                const size_t numbers = count - begin < most * NAME(step) ? count - begin : most * NAME(step);
                for (size_t j = 0; j < width; j++) {
                    UNIT along[16];
                    if (j < real) NAME(pack_along)(b + (column + j) * stride + first + begin, numbers, rounds, along);
                    for (size_t i = 0; i < most; i++) to[(s + i) * width + j] = j < real ? along[i] : 0;
                }
            }
        to += steps * width;
    }
}
