#include "training.h"

#include <math.h>
#include <string.h>

#include "dispatch.h"

#define NAME(name) name##_plain
#define TARGET
#include "training_kernels.h"
#undef NAME
#undef TARGET

#if defined(__x86_64__)
#define NAME(name) name##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#include "training_kernels.h"
#undef NAME
#undef TARGET

#define NAME(name) name##_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#include "training_kernels.h"
#undef NAME
#undef TARGET

#define CALL(name, ...)                                              \
    switch (martlet_kernels_in_use()) {                              \
        case MARTLET_AVX512: return name##_avx512(__VA_ARGS__);      \
        case MARTLET_AVX2: return name##_avx2(__VA_ARGS__);          \
        default: return name##_plain(__VA_ARGS__);                   \
    }
#else
// NEON belongs to every AArch64 chip: the plain loops are NEON there already.
#define CALL(name, ...) return name##_plain(__VA_ARGS__);
#endif

void martlet_gather(const float *table, size_t width, const int32_t *ids, size_t rows, int add, float *out,
    size_t stride) {
    CALL(gather, table, width, ids, rows, add, out, stride)
}

void martlet_pool(const float *table, size_t width, const int64_t *offsets, const int32_t *ids, const float *weights,
    size_t rows, int add, float *out, size_t stride) {
    CALL(pool, table, width, offsets, ids, weights, rows, add, out, stride)
}

size_t martlet_collect(const int64_t *offsets, const int32_t *ids, const float *weights, size_t rows,
    const float *gradient, size_t stride, size_t width, int32_t parts, int32_t part, int32_t *map, int32_t *slots,
    size_t count, float *sums) {
    CALL(collect, offsets, ids, weights, rows, gradient, stride, width, parts, part, map, slots, count, sums)
}

void martlet_rowwise_adagrad(float *table, float *state, size_t width, const int32_t *slots, size_t count,
    const float *sums, int32_t *map, float rate, float decay) {
    CALL(rowwise_adagrad, table, state, width, slots, count, sums, map, rate, decay)
}

void martlet_sparse_adagrad(float *table, float *state, size_t width, const int32_t *slots, size_t count,
    const float *sums, int32_t *map, float rate, float decay) {
    CALL(sparse_adagrad, table, state, width, slots, count, sums, map, rate, decay)
}

void martlet_lazy_adam(float *table, float *first, float *second, size_t width, const int32_t *slots, size_t count,
    const float *sums, int32_t *map, float rate, float epsilon, float decay) {
    CALL(lazy_adam, table, first, second, width, slots, count, sums, map, rate, epsilon, decay)
}

void martlet_bias_relu(float *x, size_t rows, size_t width, const float *bias, int relu) {
    CALL(bias_relu, x, rows, width, bias, relu)
}

void martlet_relu_backward(float *gradient, const float *output, size_t count) {
    CALL(relu_backward, gradient, output, count)
}

void martlet_column_sums(const float *x, size_t rows, size_t width, float *sums) {
    CALL(column_sums, x, rows, width, sums)
}

void martlet_normalize(float *x, size_t rows, size_t width, float *inverse) {
    CALL(normalize, x, rows, width, inverse)
}

void martlet_normalize_backward(float *gradient, const float *y, const float *inverse, size_t rows, size_t width) {
    CALL(normalize_backward, gradient, y, inverse, rows, width)
}

void martlet_dropout(float *x, size_t count, uint64_t seed, uint64_t first, float share) {
    CALL(dropout, x, count, seed, first, share)
}

void martlet_adagrad(float *parameter, float *state, const float *gradient, size_t count, float rate, float decay) {
    CALL(adagrad, parameter, state, gradient, count, rate, decay)
}

void martlet_adam(float *parameter, float *first, float *second, const float *gradient, size_t count, float rate,
    float epsilon, float decay) {
    CALL(adam, parameter, first, second, gradient, count, rate, epsilon, decay)
}

