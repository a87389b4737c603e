// The bodies of interaction.h, compiled once for each instruction set: NAME(x) names a function, TARGET is its
// attribute. Plain loops on purpose: the compiler makes vectors of them.

TARGET static void NAME(fm)(const float *restrict x, size_t stride, size_t fields, size_t width, size_t rows,
                            float *restrict sums, float *restrict out) {
#pragma clang fp reassociate(on)
    for (size_t i = 0; i < rows; i++) {
        const float *row = x + i * stride;
        float *sum = sums + i * width, squares = 0, total = 0;
        for (size_t f = 0; f < fields; f++)
            for (size_t d = 0; d < width; d++) {
                float v = row[f * width + d];
                sum[d] += v;
                squares += v * v;
            }
        for (size_t d = 0; d < width; d++) total += sum[d] * sum[d];
        out[i] += 0.5f * (total - squares);
    }
}

TARGET static void NAME(fm_backward)(const float *restrict x, size_t stride, size_t fields, size_t width, size_t rows,
                                     const float *restrict sums, const float *restrict slope, float *restrict dx,
                                     size_t dx_stride) {
    for (size_t i = 0; i < rows; i++) {
        const float *row = x + i * stride, *sum = sums + i * width;
        float *to = dx + i * dx_stride;
        for (size_t f = 0; f < fields; f++)
            for (size_t d = 0; d < width; d++) to[f * width + d] += slope[i] * (sum[d] - row[f * width + d]);
    }
}

// A row's vectors, gathered: T is n × D, its transpose U is D × P, P = n rounded up to LANES, the rest zeros.
TARGET static inline void NAME(gather_vectors)(const float *first, const float *row, size_t fields, size_t width,
                                               float *restrict t) {
    if (first) {
        memcpy(t, first, width * sizeof(float));
        t += width;
    }
    memcpy(t, row, fields * width * sizeof(float));
}

TARGET static void NAME(pairwise)(const float *first, size_t first_stride, const float *x, size_t stride,
                                  size_t fields, size_t width, size_t rows, float *restrict out, size_t out_stride,
                                  float *restrict scratch) {
    enum { LANES = 16, ROWS = 4 };
    const size_t n = fields + (first != NULL), padded = (n + LANES - 1) / LANES * LANES;
    float *restrict t = scratch, *restrict u = scratch + (n + ROWS) * width;
    memset(t, 0, (n + ROWS) * width * sizeof(float));
    memset(u, 0, padded * width * sizeof(float));
    for (size_t b = 0; b < rows; b++) {
        NAME(gather_vectors)(first ? first + b * first_stride : NULL, x + b * stride, fields, width, t);
        for (size_t d = 0; d < width; d++)
            for (size_t j = 0; j < n; j++) u[d * padded + j] = t[j * width + d];
        float *restrict to = out + b * out_stride;
        for (size_t i = 0; i < n; i += ROWS) {
            for (size_t j = 0; j < n && j < i + ROWS; j += LANES) {
                float sums[ROWS][LANES] = {{0}};
                for (size_t d = 0; d < width; d++)
                    for (size_t r = 0; r < ROWS; r++)
                        for (size_t l = 0; l < LANES; l++)
                            sums[r][l] += t[(i + r) * width + d] * u[d * padded + j + l];
                for (size_t r = 0; r < ROWS && i + r < n; r++) {
                    const size_t row = i + r, begin = row * (row - 1) / 2;
                    for (size_t l = 0; l < LANES && j + l < row; l++) to[begin + j + l] = sums[r][l];
                }
            }
        }
    }
}

// Sixteen numbers anywhere in memory.
typedef float NAME(lanes16) __attribute__((vector_size(64), aligned(4)));

TARGET static void NAME(pairwise_backward)(const float *first, size_t first_stride, const float *x, size_t stride,
                                           size_t fields, size_t width, size_t rows, const float *restrict slope,
                                           size_t slope_stride, float *restrict dfirst, size_t dfirst_stride,
                                           float *restrict dx, size_t dx_stride, float *restrict scratch) {
    enum { LANES = 16, ROWS = 4 };
    const size_t n = fields + (first != NULL), padded = (n + LANES - 1) / LANES * LANES;
    float *restrict t = scratch, *restrict g = scratch + (n + ROWS) * width;
    memset(g, 0, (n + ROWS) * padded * sizeof(float));
    for (size_t b = 0; b < rows; b++) {
        NAME(gather_vectors)(first ? first + b * first_stride : NULL, x + b * stride, fields, width, t);
        const float *from = slope + b * slope_stride;
        for (size_t i = 1; i < n; i++)
            for (size_t j = 0; j < i; j++) g[i * padded + j] = g[j * padded + i] = from[i * (i - 1) / 2 + j];
        for (size_t i = 0; i < n; i += ROWS) {
            const float *g0 = g + i * padded, *g1 = g0 + padded, *g2 = g1 + padded, *g3 = g2 + padded;
            float *to[ROWS];
            for (size_t r = 0; r < ROWS; r++) {
                const size_t vector = i + r;
                to[r] = vector >= n   ? NULL
                        : !first      ? dx + b * dx_stride + vector * width
                        : vector == 0 ? dfirst + b * dfirst_stride
                                      : dx + b * dx_stride + (vector - 1) * width;
            }
            size_t d = 0;
            // The sums are vectors by name, so that they stay in registers.
            for (; d + LANES <= width; d += LANES) {
                NAME(lanes16) s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
                for (size_t j = 0; j < n; j++) {
                    const NAME(lanes16) v = *(const NAME(lanes16) *)(t + j * width + d);
                    s0 += g0[j] * v;
                    s1 += g1[j] * v;
                    s2 += g2[j] * v;
                    s3 += g3[j] * v;
                }
                *(NAME(lanes16) *)(to[0] + d) += s0;
                if (to[1]) *(NAME(lanes16) *)(to[1] + d) += s1;
                if (to[2]) *(NAME(lanes16) *)(to[2] + d) += s2;
                if (to[3]) *(NAME(lanes16) *)(to[3] + d) += s3;
            }
            for (; d < width; d++)
                for (size_t r = 0; r < ROWS && to[r]; r++) {
                    float sum = 0;
                    for (size_t j = 0; j < n; j++) sum += g[(i + r) * padded + j] * t[j * width + d];
                    to[r][d] += sum;
                }
        }
    }
}

TARGET static inline float NAME(dot16)(const float *a, const float *b, size_t width) {
    enum { LANES = 16 };
    NAME(lanes16) sum = {0};
    size_t d = 0;
    for (; d + LANES <= width; d += LANES) sum += *(const NAME(lanes16) *)(a + d) * *(const NAME(lanes16) *)(b + d);
    float parts[LANES];
    *(NAME(lanes16) *)parts = sum;
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++) parts[l] += parts[l + half];
    for (; d < width; d++) parts[0] += a[d] * b[d];
    return parts[0];
}

TARGET static void NAME(candidate_terms)(const float *first, size_t first_stride, const float *const *x, size_t fields,
                                         size_t width, size_t rows, const float *panel, size_t users,
                                         const float *const *products, size_t product_count, float *out,
                                         size_t out_stride) {
    enum { LANES = 16, ROWS = 8 };
    const size_t n = fields + (first != NULL), padded = (users + LANES - 1) / LANES * LANES;
    for (size_t b = 0; b < rows; b++) {
        const float *const own = first ? first + b * first_stride : NULL, *const others = x[b];
        float *to = out + b * out_stride;
        if (own) {
            memcpy(to, own, width * sizeof(float));
            to += width;
        }
        for (size_t i = 0; i < n; i += ROWS) {
            const float *v[ROWS];
            for (size_t r = 0; r < ROWS; r++) {
                const size_t vector = i + r < n ? i + r : n - 1;
                v[r] = !own ? others + vector * width : vector ? others + (vector - 1) * width : own;
            }
            for (size_t j = 0; j < padded; j += LANES) {
                // Vectors by name, so that they stay in registers.
                NAME(lanes16) s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0}, s4 = {0}, s5 = {0}, s6 = {0}, s7 = {0};
                for (size_t d = 0; d < width; d++) {
                    const NAME(lanes16) y = *(const NAME(lanes16) *)(panel + d * padded + j);
                    s0 += v[0][d] * y;
                    s1 += v[1][d] * y;
                    s2 += v[2][d] * y;
                    s3 += v[3][d] * y;
                    s4 += v[4][d] * y;
                    s5 += v[5][d] * y;
                    s6 += v[6][d] * y;
                    s7 += v[7][d] * y;
                }
                const NAME(lanes16) sums[ROWS] = {s0, s1, s2, s3, s4, s5, s6, s7};
                for (size_t r = 0; r < ROWS && i + r < n; r++) {
                    float *at = to + (i + r) * users + j;
                    // What is written too much is written over by what comes next, save where another panel was before.
                    if (users <= LANES || users - j >= LANES) *(NAME(lanes16) *)at = sums[r];
                    else memcpy(at, &sums[r], (users - j) * sizeof(float));
                }
            }
        }
        to += n * users;
        if (own)
            for (size_t f = 0; f < fields; f++) *to++ = NAME(dot16)(own, others + f * width, width);
        memcpy(to, products[b], product_count * sizeof(float));
    }
}

TARGET static void NAME(cross)(const float *restrict x0, const float *restrict u, const float *restrict x,
                               float *restrict y, size_t count) {
    for (size_t i = 0; i < count; i++) y[i] = x0[i] * u[i] + x[i];
}

TARGET static void NAME(cross_backward)(const float *restrict x0, const float *restrict u, const float *restrict dy,
                                        float *restrict du, float *restrict dx0, size_t count) {
    for (size_t i = 0; i < count; i++) {
        du[i] = dy[i] * x0[i];
        dx0[i] += dy[i] * u[i];
    }
}

TARGET static void NAME(relu_columns)(const float *restrict x, size_t stride, size_t width, size_t rows,
                                      float *restrict out) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++) {
            float value = x[i * stride + j];
            // NaN stays NaN, so that a model that broke is seen to be broken.
            out[i * width + j] = value < 0 ? 0 : value;
        }
}

TARGET static void NAME(relu_columns_backward)(const float *restrict dout, const float *restrict out, size_t width,
                                               size_t rows, float *restrict dx, size_t stride) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++) dx[i * stride + j] = out[i * width + j] == 0 ? 0 : dout[i * width + j];
}

TARGET static void NAME(softmax_rows)(float *restrict x, size_t stride, size_t n, size_t rows) {
    for (size_t i = 0; i < rows; i++) {
        float *row = x + i * stride, largest = row[0], sum = 0;
        for (size_t j = 1; j < n; j++) largest = row[j] > largest ? row[j] : largest;
        for (size_t j = 0; j < n; j++) sum += row[j] = expf(row[j] - largest);
        for (size_t j = 0; j < n; j++) row[j] /= sum;
    }
}

TARGET static void NAME(mix)(const float *restrict gate, size_t gate_stride, const float *const *experts, size_t count,
                             size_t width, size_t rows, float *restrict out) {
    for (size_t i = 0; i < rows; i++) {
        float *to = out + i * width;
        memset(to, 0, width * sizeof(float));
        for (size_t e = 0; e < count; e++) {
            const float share = gate[i * gate_stride + e], *from = experts[e] + i * width;
            for (size_t d = 0; d < width; d++) to[d] += share * from[d];
        }
    }
}

TARGET static void NAME(mix_backward)(const float *restrict gate, size_t gate_stride, const float *const *experts,
                                      size_t count, size_t width, size_t rows, const float *restrict dout,
                                      float *const *dexperts, float *restrict dgate, size_t dgate_stride) {
#pragma clang fp reassociate(on)
    for (size_t i = 0; i < rows; i++) {
        const float *slope = dout + i * width, *share = gate + i * gate_stride;
        float *to_gate = dgate + i * dgate_stride, mean = 0;
        for (size_t e = 0; e < count; e++) {
            const float *from = experts[e] + i * width;
            float *restrict to = dexperts[e] + i * width;
            float product = 0;
            for (size_t d = 0; d < width; d++) {
                product += slope[d] * from[d];
                to[d] += share[e] * slope[d];
            }
            to_gate[e] = product;
            mean += share[e] * product;
        }
        for (size_t e = 0; e < count; e++) to_gate[e] = share[e] * (to_gate[e] - mean);
    }
}
