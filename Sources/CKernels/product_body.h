// Products with blocking and packing, for one instruction set (instances.h); included by product.c.

#include "product_tile.h"

INLINE VEC NAME(rectified)(VEC x) {
    // NaN stays NaN, so that a model that broke is seen to be broken.
    return (VEC)((LANE)x & ~(LANE)(x < (VEC){0}));
}

/// One tile of C: its sums, and what follows them.
INLINE void NAME(product_tile)(size_t steps, const UNIT *const rows[ROWS], size_t across, const UNIT *b,
                               const int vectors, size_t row_count, size_t columns, float *c, size_t stride, int add,
                               const float *bias, int relu) {
    VEC sums[ROWS][VECTORS];
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++) sums[r][v] = (VEC){0};
    NAME(tile)(steps, rows, across, b, vectors, sums);
    if (row_count == ROWS && columns == (size_t)vectors * LANES) {
        for (int r = 0; r < ROWS; r++)
            for (int v = 0; v < vectors; v++) {
                VEC *to = (VEC *)(c + r * stride + v * LANES);
                VEC value = sums[r][v];
                if (add) value += *to;
                if (bias) value += *(const VEC *)(bias + v * LANES);
                *to = relu ? NAME(rectified)(value) : value;
            }
        return;
    }
    float spilled[ROWS][VECTORS * LANES];
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++) *(VEC *)(spilled[r] + v * LANES) = sums[r][v];
    for (size_t r = 0; r < row_count; r++)
        for (size_t j = 0; j < columns; j++) {
            float value = spilled[r][j];
            if (add) value += c[r * stride + j];
            if (bias) value += bias[j];
            c[r * stride + j] = relu && value < 0 ? 0 : value;
        }
}

/// All tiles of the panel `b` for the rows of A at `a`.
INLINE void NAME(product_panel)(size_t steps, const UNIT *a, size_t down, size_t across, size_t rows, const UNIT *b,
                                const int vectors, size_t columns, float *c, size_t stride, int add, const float *bias,
                                int relu) {
    for (size_t row = 0; row < rows; row += ROWS) {
        const size_t count = rows - row < ROWS ? rows - row : ROWS;
        const UNIT *pointers[ROWS];
        for (size_t r = 0; r < ROWS; r++) pointers[r] = a + (row + (r < count ? r : count - 1)) * down;
        NAME(product_tile)(
            steps, pointers, across, b, vectors, count, columns, c + row * stride, stride, add, bias, relu);
    }
}

TARGET static void NAME(multiply)(const struct martlet_product *p, const int rounds) {
    const int packs = BF16 || rounds;
    const size_t pieces = p->k > LONGEST ? (p->k + LONGEST - 1) / LONGEST : 1;
    const size_t length = ((p->k + pieces - 1) / pieces + 1) / 2 * 2;  // even, so that pairs are never cut
    const size_t most = p->n < WIDEST ? p->n : WIDEST;
    const size_t padded = (most + LANES - 1) / LANES * LANES;
    const size_t tall = (TALLEST + LANES - 1) / LANES * LANES;
    UNIT *right = martlet_thread_scratch((length * padded + (packs ? length * tall : 0) + 64) * sizeof(UNIT));
    UNIT *left = right + (length * padded + 15) / 16 * 16;
    for (size_t column = 0; column < p->n; column += WIDEST) {
        const size_t columns = p->n - column < WIDEST ? p->n - column : WIDEST;
        for (size_t piece = 0; piece < pieces; piece++) {
            const size_t first = piece * length;
            const size_t count = p->k - first < length ? p->k - first : length, steps = NAME(steps)(count);
            const int add = p->add || piece > 0, last = piece + 1 == pieces;
            NAME(pack_panels)(
                p->transpose_b ? p->b + column * p->stride_b : p->b + column, p->stride_b, p->transpose_b, first, count,
                columns, rounds, right);
            for (size_t row = 0; row < p->m; row += TALLEST) {
                const size_t rows = p->m - row < TALLEST ? p->m - row : TALLEST;
                const float *from = p->transpose_a ? p->a + first * p->stride_a + row : p->a + row * p->stride_a + first;
                const UNIT *a = (const UNIT *)from;
                size_t down = p->transpose_a ? 1 : p->stride_a, across = p->transpose_a ? p->stride_a : 1;
                if (packs) {
                    a = left;
                    if (p->transpose_a) {
                        across = tall;
                        for (size_t s = 0; s < steps; s++) {
                            const float *at = from + s * NAME(step) * p->stride_a;
                            const int alone = s * NAME(step) + 1 == count;
                            NAME(pack_across)(at, alone ? NULL : at + p->stride_a, rows, rows, rounds, left + s * tall);
                        }
                    } else {
                        down = steps;
                        for (size_t r = 0; r < rows; r++)
                            NAME(pack_along)(from + r * p->stride_a, count, rounds, left + r * steps);
                    }
                }
                const UNIT *b = right;
                for (size_t j = 0; j < columns; j += VECTORS * LANES) {
                    const int vectors = NAME(panel_vectors)(j, columns);
                    const size_t width = (size_t)vectors * LANES, real = columns - j < width ? columns - j : width;
                    float *c = p->c + row * p->stride_c + column + j;
                    const float *bias = last && p->bias ? p->bias + column + j : NULL;
                    const int relu = last && p->relu;
#define PANEL(v) NAME(product_panel)(steps, a, down, across, rows, b, v, real, c, p->stride_c, add, bias, relu)
                    switch (vectors) {
                        case 1: PANEL(1); break;
                        case 2: PANEL(2); break;
#if VECTORS > 2
                        case 3: PANEL(3); break;
                        case 4: PANEL(4); break;
#endif
                    }
#undef PANEL
                    b += steps * width;
                }
            }
        }
    }
}

#include "product_end.h"
