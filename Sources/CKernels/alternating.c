#include "alternating.h"

#include <string.h>

#include "dispatch.h"

#define NAME(name) name##_plain
#define TARGET
#include "alternating_kernels.h"
#undef NAME
#undef TARGET

#if defined(__x86_64__)
#define NAME(name) name##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#include "alternating_kernels.h"
#undef NAME
#undef TARGET

#define NAME(name) name##_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#include "alternating_kernels.h"
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

void martlet_als_start(const float *y, size_t dimensions, const int64_t *offsets, const int32_t *items, size_t rows,
                       float weight, float target, const float *lambda, const float *x, float *r, float *p, float *b,
                       float *square) {
    CALL(als_start, y, dimensions, offsets, items, rows, weight, target, lambda, x, r, p, b, square)
}

size_t martlet_als_step(const float *y, size_t dimensions, const int64_t *offsets, const int32_t *items, size_t rows,
                        float weight, const float *lambda, const float *least, float *x, float *r, float *p, float *q,
                        float *square) {
    CALL(als_step, y, dimensions, offsets, items, rows, weight, lambda, least, x, r, p, q, square)
}
