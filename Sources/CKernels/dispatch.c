#include "dispatch.h"

#include <stdlib.h>
#include <string.h>

static enum martlet_kernels best_of_chip(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        return MARTLET_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return MARTLET_AVX2;
    return MARTLET_PLAIN;
#elif defined(__aarch64__)
    return MARTLET_NEON;
#else
    return MARTLET_PLAIN;
#endif
}

static enum martlet_kernels choose(void) {
    enum martlet_kernels best = best_of_chip();
    const char *wish = getenv("MARTLET_KERNELS");
    if (!wish) return best;
    if (!strcmp(wish, "plain")) return MARTLET_PLAIN;
    // A chip with AVX-512 has AVX2 too; asking for what the chip lacks leaves the best it has.
    if (!strcmp(wish, "avx2") && best == MARTLET_AVX512) return MARTLET_AVX2;
    return best;
}

// Constructors of other files may run before one in this file would: the choice is made at the first question, and
// every constructor that asks gets the same answer (constructors run one after the other).
static int chosen = -1;

enum martlet_kernels martlet_kernels_in_use(void) {
    int value = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
    if (value < 0) {
        value = (int)choose();
        __atomic_store_n(&chosen, value, __ATOMIC_RELAXED);
    }
    return (enum martlet_kernels)value;
}

const char *martlet_kernels_name(void) {
    switch (martlet_kernels_in_use()) {
        case MARTLET_AVX2: return "avx2";
        case MARTLET_AVX512: return "avx512";
        case MARTLET_NEON: return "neon";
        default: return "plain";
    }
}

int martlet_has_bfloat16(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return martlet_kernels_in_use() == MARTLET_AVX512 && __builtin_cpu_supports("avx512bf16");
#else
    return 0;
#endif
}
