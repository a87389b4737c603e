#include "interaction.h"

#include <math.h>
#include <string.h>

#include "dispatch.h"

#define NAME(name) name##_plain
#define TARGET
#include "interaction_kernels.h"
#undef NAME
#undef TARGET

#if defined(__x86_64__)
#define NAME(name) name##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#include "interaction_kernels.h"
#undef NAME
#undef TARGET

#define NAME(name) name##_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#include "interaction_kernels.h"
#undef NAME
#undef TARGET

#define CALL(name, ...)                                         \
    switch (martlet_kernels_in_use()) {                         \
        case MARTLET_AVX512: return name##_avx512(__VA_ARGS__); \
        case MARTLET_AVX2: return name##_avx2(__VA_ARGS__);     \
        default: return name##_plain(__VA_ARGS__);              \
    }
#else
// NEON belongs to every AArch64 chip: the plain loops are NEON there already.
#define CALL(name, ...) return name##_plain(__VA_ARGS__);
#endif

void martlet_fm(const float *x, size_t stride, size_t fields, size_t width, size_t rows, float *sums, float *out) {
    CALL(fm, x, stride, fields, width, rows, sums, out)
}

void martlet_fm_backward(const float *x, size_t stride, size_t fields, size_t width, size_t rows, const float *sums,
    const float *slope, float *dx, size_t dx_stride) {
    CALL(fm_backward, x, stride, fields, width, rows, sums, slope, dx, dx_stride)
}

void martlet_pairwise(const float *first, size_t first_stride, const float *x, size_t stride, size_t fields,
    size_t width, size_t rows, float *out, size_t out_stride, float *scratch) {
    CALL(pairwise, first, first_stride, x, stride, fields, width, rows, out, out_stride, scratch)
}

void martlet_pairwise_backward(const float *first, size_t first_stride, const float *x, size_t stride, size_t fields,
    size_t width, size_t rows, const float *slope, size_t slope_stride, float *dfirst, size_t dfirst_stride, float *dx,
    size_t dx_stride, float *scratch) {
    CALL(pairwise_backward, first, first_stride, x, stride, fields, width, rows, slope, slope_stride, dfirst,
        dfirst_stride, dx, dx_stride, scratch)
}

size_t martlet_pairwise_scratch(size_t vectors, size_t width) {
    const size_t padded = (vectors + 15) / 16 * 16;
    return (vectors + 4) * width + padded * (width > vectors + 4 ? width : vectors + 4);
}

void martlet_candidate_panel(const float *y, size_t users, size_t width, float *panel) {
    const size_t padded = (users + 15) / 16 * 16;
    memset(panel, 0, padded * width * sizeof(float));
    for (size_t u = 0; u < users; u++)
        for (size_t d = 0; d < width; d++) panel[d * padded + u] = y[u * width + d];
}

void martlet_candidate_terms(const float *first, size_t first_stride, const float *const *x, size_t fields, size_t width,
    size_t rows, const float *panel, size_t users, const float *const *products, size_t product_count, float *out,
    size_t out_stride) {
    CALL(candidate_terms, first, first_stride, x, fields, width, rows, panel, users, products, product_count, out,
        out_stride)
}

void martlet_cross(const float *x0, const float *u, const float *x, float *y, size_t count) {
    CALL(cross, x0, u, x, y, count)
}

void martlet_cross_backward(const float *x0, const float *u, const float *dy, float *du, float *dx0, size_t count) {
    CALL(cross_backward, x0, u, dy, du, dx0, count)
}

void martlet_relu_columns(const float *x, size_t stride, size_t width, size_t rows, float *out) {
    CALL(relu_columns, x, stride, width, rows, out)
}

void martlet_relu_columns_backward(const float *dout, const float *out, size_t width, size_t rows, float *dx,
    size_t stride) {
    CALL(relu_columns_backward, dout, out, width, rows, dx, stride)
}

void martlet_softmax_rows(float *x, size_t stride, size_t n, size_t rows) { CALL(softmax_rows, x, stride, n, rows) }

void martlet_mix(const float *gate, size_t gate_stride, const float *const *experts, size_t count, size_t width,
    size_t rows, float *out) {
    CALL(mix, gate, gate_stride, experts, count, width, rows, out)
}

void martlet_mix_backward(const float *gate, size_t gate_stride, const float *const *experts, size_t count,
    size_t width, size_t rows, const float *dout, float *const *dexperts, float *dgate, size_t dgate_stride) {
    CALL(mix_backward, gate, gate_stride, experts, count, width, rows, dout, dexperts, dgate, dgate_stride)
}

double martlet_logistic_loss(const float *logits, const float *labels, const float *weights, size_t count,
    float *slope) {
    double loss = 0;
    for (size_t i = 0; i < count; i++) {
        // log(1 + e^z) − y·z without overflow: max(z, 0) + log1p(e^−|z|) − y·z.
        const double z = logits[i], e = exp(-fabs(z));
        const double sigmoid = z >= 0 ? 1 / (1 + e) : e / (1 + e);
        loss += weights[i] * ((z > 0 ? z : 0) + log1p(e) - labels[i] * z);
        slope[i] = (float)(weights[i] * (sigmoid - labels[i]));
    }
    return loss;
}
