// The in-batch softmax for one instruction set (instances.h); included by inbatch.c.
//
// A group of GROUP columns of a block's logits lies together, row after row: [row][GROUP] numbers. With BF16 each pair of
// rows is replaced, once it went through exp, by what the products of the way back read: GROUP/2 units of the first row,
// as many of the second (pairs along the columns), and GROUP units across (pairs of the two rows).

#include "product_tile.h"

typedef uint32_t NAME(bits) __attribute__((vector_size(LANES * 4), aligned(4)));
#define BITS NAME(bits)
enum { NAME(wide) = VECTORS * LANES };

INLINE VEC NAME(pick)(LANE mask, VEC yes, VEC no) { return (VEC)((mask & (LANE)yes) | (~mask & (LANE)no)); }
INLINE VEC NAME(all)(float x) { return x - (VEC){0}; }
INLINE VEC NAME(larger)(VEC a, VEC b) { return NAME(pick)((LANE)(a > b), a, b); }

/// exp(x) for x <= 0: x = n·ln 2 + r, a polynomial of degree 6 in r, n put into the exponent. Relative error below 3e-7;
/// below −87 it is 0. NaN stays NaN.
INLINE VEC NAME(exp_of_negative)(VEC x) {
    const LANE tiny = (LANE)(x < NAME(all)(-87.0f));
    x = NAME(pick)(tiny, NAME(all)(-87.0f), x);
    const VEC shifted = x * 1.44269504f + 12582912.0f;  // 1.5 · 2²³: the last bits are now the nearest whole number
    const VEC n = shifted - 12582912.0f;
    const VEC r = x - n * 0.693359375f + n * 2.12194440e-4f;
    VEC p = 1.9875691500e-4f * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    return NAME(pick)(tiny, (VEC){0}, (VEC)((BITS)p + ((BITS)shifted << 23)));
}

/// C += or = A · b for `count` rows of one tile.
INLINE void NAME(accumulate)(size_t steps, const UNIT *const rows[ROWS], size_t across, const UNIT *b, const int vectors,
                             size_t count, float *c, size_t stride, int add) {
    VEC sums[ROWS][VECTORS];
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++)
            sums[r][v] = add && (size_t)r < count ? *(const VEC *)(c + r * stride + v * LANES) : (VEC){0};
    NAME(tile)(steps, rows, across, b, vectors, sums);
    for (int r = 0; r < ROWS; r++)
        if ((size_t)r < count)
            for (int v = 0; v < vectors; v++) *(VEC *)(c + r * stride + v * LANES) = sums[r][v];
}

INLINE void NAME(accumulate_all)(size_t steps, const UNIT *const rows[ROWS], size_t across, const UNIT *b, size_t padded,
                                 size_t count, float *c, size_t stride, int add) {
    for (size_t column = 0; column < padded; column += NAME(wide)) {
        const int vectors = NAME(panel_vectors)(column, padded);
#define SOME(v) NAME(accumulate)(steps, rows, across, b, v, count, c + column, stride, add)
        switch (vectors) {
            case 1: SOME(1); break;
            case 2: SOME(2); break;
#if VECTORS > 2
            case 3: SOME(3); break;
            case 4: SOME(4); break;
#endif
        }
#undef SOME
        b += steps * (size_t)vectors * LANES;
    }
}

TARGET static void NAME(pack)(const struct martlet_inbatch *job, size_t first, size_t last, const int rounds) {
    const size_t dimensions = job->dimensions;
    float *spare = martlet_thread_scratch(GROUP * dimensions * sizeof(float) + 64);
    for (size_t group = first; group < last; group++) {
        const size_t begin = group * GROUP, real = job->batch - begin < GROUP ? job->batch - begin : GROUP;
        struct parts parts = parts_of(job, group);
        const float *rows = job->items + begin * dimensions;
        if (real < GROUP) {
            memset(spare, 0, GROUP * dimensions * sizeof(float));
            memcpy(spare, rows, real * dimensions * sizeof(float));
            rows = spare;
        }
        NAME(pack_panels)(rows, dimensions, 1, 0, dimensions, GROUP, rounds, (UNIT *)parts.items);
        NAME(pack_panels)(rows, dimensions, 0, 0, GROUP, dimensions, rounds, (UNIT *)parts.slopes);
        for (size_t j = 0; j < GROUP; j++) parts.offsets[j] = j < real ? job->offsets[begin + j] : -INFINITY;
    }
}

/// Logits of a group of columns for all rows of the block, and how large they get.
INLINE void NAME(logits)(const struct parts *parts, const UNIT *users, size_t dimensions, size_t rows, float scale,
                         float *logits, VEC *maxima) {
    const size_t steps = NAME(steps)(dimensions);
    for (size_t column = 0; column < GROUP; column += NAME(wide)) {
        const UNIT *items = (const UNIT *)parts->items + column * steps;
        for (size_t row = 0; row < rows; row += ROWS) {
            const UNIT *pointers[ROWS];
            for (size_t r = 0; r < ROWS; r++) pointers[r] = users + (row + r) * steps;
            VEC sums[ROWS][VECTORS];
            for (int r = 0; r < ROWS; r++)
                for (int v = 0; v < VECTORS; v++) sums[r][v] = (VEC){0};
            NAME(tile)(steps, pointers, 1, items, VECTORS, sums);
            VEC offset[VECTORS];
            for (int v = 0; v < VECTORS; v++) offset[v] = *(const VEC *)(parts->offsets + column + v * LANES);
            for (int r = 0; r < ROWS; r++) {
                VEC most = maxima[row + r];
                for (int v = 0; v < VECTORS; v++) {
                    const VEC z = scale * sums[r][v] + offset[v];
                    *(VEC *)(logits + (row + r) * GROUP + column + v * LANES) = z;
                    most = NAME(larger)(z, most);
                }
                maxima[row + r] = most;
            }
        }
    }
}

/// exp(z − largest) of a pair of rows of a group, added to the rows' sums.
INLINE void NAME(exponentials)(float *pair, const float largest[2], VEC sums[2], const int rounds) {
    VEC e[2][GROUP / LANES];
    for (int r = 0; r < 2; r++) {
        VEC sum = sums[r];
        for (int v = 0; v < GROUP / LANES; v++) {
            const VEC value = NAME(exp_of_negative)(*(const VEC *)(pair + r * GROUP + v * LANES) - largest[r]);
            sum += value;
            e[r][v] = value;
        }
        sums[r] = sum;
    }
#if BF16
    for (int r = 0; r < 2; r++)
        for (int v = 0; v < GROUP / LANES; v += 2)
            *(VEC *)(pair + r * GROUP / 2 + v / 2 * LANES) = (VEC)_mm512_cvtne2ps_pbh((__m512)e[r][v + 1], (__m512)e[r][v]);
    for (int v = 0; v < GROUP / LANES; v++) {
        const __m512i even = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)e[0][v]));
        const __m512i odd = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)e[1][v]));
        *(VEC *)(pair + GROUP + v * LANES) = (VEC)_mm512_or_si512(even, _mm512_slli_epi32(odd, 16));
    }
#else
    for (int r = 0; r < 2; r++)
        for (int v = 0; v < GROUP / LANES; v++) {
            BITS bits = (BITS)e[r][v];
            if (rounds) bits = (bits + 0x7fffu + (bits >> 16 & 1)) & 0xffff0000u;
            *(VEC *)(pair + r * GROUP + v * LANES) = (VEC)bits;
        }
#endif
}

/// What a logit became; `row` and `column` count within the block and the group.
INLINE float NAME(slope)(const float *group, size_t row, size_t column) {
#if BF16
    const uint16_t half = ((const uint16_t *)group)[row / 2 * 4 * GROUP + row % 2 * GROUP + column];
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
#else
    return group[row * GROUP + column];
#endif
}

INLINE void NAME(set_slope)(float *group, size_t row, size_t column, float value, const int rounds) {
#if BF16
    value = NAME(factor)(value, 1);
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint16_t *halves = (uint16_t *)group + row / 2 * 4 * GROUP;
    halves[row % 2 * GROUP + column] = (uint16_t)(bits >> 16);
    halves[2 * GROUP + 2 * column + row % 2] = (uint16_t)(bits >> 16);
#else
    group[row * GROUP + column] = NAME(factor)(value, rounds);
#endif
}

/// Adds the columns of a group up, each row times its factor.
INLINE void NAME(add_columns)(const float *group, size_t rows, const float *factors, float *sums) {
    for (size_t column = 0; column < GROUP; column += LANES) {
        VEC sum = *(const VEC *)(sums + column);
#if BF16
        for (size_t pair = 0; pair < (rows + 1) / 2; pair++) {
            const BITS units = *(const BITS *)(group + pair * 2 * GROUP + GROUP + column);
            sum += factors[2 * pair] * (VEC)(units << 16) + factors[2 * pair + 1] * (VEC)(units & 0xffff0000u);
        }
#else
        for (size_t row = 0; row < rows; row++) sum += factors[row] * *(const VEC *)(group + row * GROUP + column);
#endif
        *(VEC *)(sums + column) = sum;
    }
}

/// The way back through a group: its share of the users' gradients, and the rows' share of its items' gradients.
INLINE void NAME(gradients)(const struct parts *parts, const float *group, size_t rows, const UNIT *right,
                            size_t dimensions, float *users, float *items, int add_users, int add_items) {
    const size_t padded = (dimensions + LANES - 1) / LANES * LANES;
    const UNIT *units = (const UNIT *)group;
    for (size_t row = 0; row < rows; row += ROWS) {
        const UNIT *pointers[ROWS];
        for (size_t r = 0; r < ROWS; r++) {
            const size_t at = row + r;
            pointers[r] = units + (BF16 ? at / 2 * 2 * GROUP + at % 2 * GROUP / 2 : at * GROUP);
        }
        NAME(accumulate_all)(
            GROUP / NAME(step), pointers, 1, (const UNIT *)parts->slopes, padded, ROWS, users + row * padded, padded,
            add_users);
    }
    const size_t steps = NAME(steps)(rows);
    for (size_t column = 0; column < GROUP; column += ROWS) {
        const size_t count = GROUP - column < ROWS ? GROUP - column : ROWS;
        const UNIT *pointers[ROWS];
        for (size_t r = 0; r < ROWS; r++)
            pointers[r] = units + (BF16 ? GROUP : 0) + column + (r < count ? r : count - 1);
        NAME(accumulate_all)(
            steps, pointers, BF16 ? 2 * GROUP : GROUP, right, padded, count, items + column * padded, padded, add_items);
    }
}

TARGET static double NAME(block)(const struct martlet_inbatch *job, size_t first, size_t last, void *scratch,
                                 float *item_gradient, float *bias_gradient, float *repeat_gradient, const int rounds) {
    const size_t dimensions = job->dimensions, groups = (job->batch + GROUP - 1) / GROUP, tall = block_rows(job->batch);
    const size_t padded = (dimensions + LANES - 1) / LANES * LANES, steps = NAME(steps)(dimensions);
    char *next = scratch;
#define TAKE(type, count) (type *)next; next += rounded((count) * sizeof(type))
    float *logits = TAKE(float, groups * tall * GROUP);
    UNIT *users = TAKE(UNIT, tall * steps);
    float *scaled = TAKE(float, tall * dimensions);
    UNIT *right = TAKE(UNIT, tall * padded);
    float *user_sums = TAKE(float, tall * padded);
    VEC *maxima = TAKE(VEC, tall);
    VEC *sums = TAKE(VEC, tall);
    float *largest = TAKE(float, tall);
    float *own = TAKE(float, tall);
    float *factors = TAKE(float, tall);
#undef TAKE
    double loss = 0;
    if (bias_gradient) memset(bias_gradient, 0, groups * GROUP * sizeof(float));
    if (repeat_gradient) memset(repeat_gradient, 0, 2 * sizeof(float));
    for (size_t begin = first; begin < last; begin += tall) {
        const size_t count = last - begin < tall ? last - begin : tall;
        const size_t rows = (count + 2 * ROWS - 1) / (2 * ROWS) * (2 * ROWS);  // whole tiles and whole pairs
        memset(users, 0, rows * steps * sizeof *users);
        for (size_t r = 0; r < count; r++)
            NAME(pack_along)(job->users + (begin + r) * dimensions, dimensions, rounds, users + r * steps);
        for (size_t r = 0; r < rows; r++) maxima[r] = NAME(all)(-INFINITY), sums[r] = (VEC){0};
        for (size_t group = 0; group < groups; group++) {
            const struct parts parts = parts_of(job, group);
            NAME(logits)(&parts, users, dimensions, rows, job->scale, logits + group * tall * GROUP, maxima);
        }
#define LOGIT(row, column) logits[((column) / GROUP * tall + (row)) * GROUP + (column) % GROUP]
        for (size_t r = 0; r < count; r++) {
            const size_t row = begin + r;
            float most = -INFINITY;
            for (int lane = 0; lane < LANES; lane++) most = maxima[r][lane] > most ? maxima[r][lane] : most;
            if (job->repeat_offsets)
                for (int64_t e = job->repeat_offsets[row]; e < job->repeat_offsets[row + 1]; e++) {
                    float *z = &LOGIT(r, (size_t)job->repeat_columns[e]);
                    *z += job->repeat_always + job->repeat_often * job->repeat_counts[e];
                    most = *z > most ? *z : most;
                }
            own[r] = LOGIT(r, row);
            // What is masked may have been the largest: it is as large as the positive, but for dropout.
            if (job->next)
                for (size_t column = (size_t)job->next[row]; column != row; column = (size_t)job->next[column])
                    LOGIT(r, column) = -INFINITY;
            largest[r] = most;
        }
        for (size_t r = count; r < rows; r++) largest[r] = INFINITY;  // rows that only fill tiles become zeros
        for (size_t group = 0; group < groups; group++)
            for (size_t r = 0; r < rows; r += 2)
                NAME(exponentials)(logits + (group * tall + r) * GROUP, largest + r, sums + r, rounds);
        for (size_t r = 0; r < rows; r++) {
            factors[r] = 0;
            if (r >= count) continue;
            const size_t row = begin + r;
            float sum = 0;
            for (int lane = 0; lane < LANES; lane++) sum += sums[r][lane];
            const VEC positive = NAME(exp_of_negative)(NAME(all)(own[r] - largest[r]));
            loss += (double)job->weights[row] * ((double)largest[r] - (double)own[r] + log((double)sum));
            factors[r] = job->weights[row] / sum;
            NAME(set_slope)(logits + row / GROUP * tall * GROUP, r, row % GROUP, positive[0] - sum, rounds);
            for (size_t d = 0; d < dimensions; d++)
                scaled[r * dimensions + d] = job->scale * factors[r] * job->users[row * dimensions + d];
        }
        NAME(pack_panels)(scaled, dimensions, 0, 0, count, dimensions, rounds, right);
        for (size_t group = 0; group < groups; group++) {
            const struct parts parts = parts_of(job, group);
            const float *slopes = logits + group * tall * GROUP;
            // Rows past the block's last are not added to the items' gradients: `count`, not `rows`.
            NAME(gradients)(
                &parts, slopes, count, right, dimensions, user_sums, item_gradient + group * GROUP * padded, group > 0,
                begin > first);
            if (bias_gradient) NAME(add_columns)(slopes, count, factors, bias_gradient + group * GROUP);
        }
        for (size_t r = 0; r < count; r++) {
            const size_t row = begin + r;
            for (size_t d = 0; d < dimensions; d++)
                job->user_gradient[row * dimensions + d] = job->scale * factors[r] * user_sums[r * padded + d];
            if (!job->repeat_offsets || !repeat_gradient) continue;
            for (int64_t e = job->repeat_offsets[row]; e < job->repeat_offsets[row + 1]; e++) {
                const size_t column = (size_t)job->repeat_columns[e];
                const float value =
                    factors[r] * NAME(slope)(logits + column / GROUP * tall * GROUP, r, column % GROUP);
                repeat_gradient[0] += value;
                repeat_gradient[1] += value * job->repeat_counts[e];
            }
        }
#undef LOGIT
    }
    return loss;
}

#undef BITS
#include "product_end.h"
