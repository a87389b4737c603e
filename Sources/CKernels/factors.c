#include "factors.h"

#include <math.h>
#include <string.h>

#include "dispatch.h"

/// SplitMix64: a stream of 64 random bits from one word of state.
static inline uint64_t next_random(uint64_t *state) {
    uint64_t word = *state += 0x9E3779B97F4A7C15ull;
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9ull;
    word = (word ^ (word >> 27)) * 0x94D049BB133111EBull;
    return word ^ (word >> 31);
}

/// A number below `bound`, which is less than 2³² (Lemire's multiply-shift).
static inline size_t below(uint64_t *state, size_t bound) { return ((next_random(state) >> 32) * (uint64_t)bound) >> 32; }

/// The job's pairs in random order (Fisher and Yates, from the inside out); how many there are.
static size_t shuffled_pairs(const struct martlet_pairs_job *job, uint64_t *random) {
    size_t count = 0;
    for (size_t user = job->first_user; user < job->last_user; user++)
        for (int64_t pair = job->offsets[user]; pair < job->offsets[user + 1]; pair++) {
            if (job->part_of_item[job->pair_items[pair]] != job->part) continue;
            const size_t place = below(random, count + 1);
            job->order[count] = job->order[place];
            job->order[place] = (uint64_t)user << 32 | (uint64_t)pair;
            count++;
        }
    return count;
}

#define NAME(name) name##_plain
#define TARGET
#include "factors_kernels.h"
#undef NAME
#undef TARGET

#if defined(__x86_64__)
#define NAME(name) name##_avx2
#define TARGET __attribute__((target("avx2,fma")))
#include "factors_kernels.h"
#undef NAME
#undef TARGET

#define NAME(name) name##_avx512
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#include "factors_kernels.h"
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

double martlet_pairs(const struct martlet_pairs_job *job) { CALL(pairs, job) }

void martlet_softmax_sums(const float *logits, size_t rows, size_t columns, float scale, const float *offset,
                          float *largest, float *sum) {
    CALL(softmax_sums, logits, rows, columns, scale, offset, largest, sum)
}

void martlet_softmax_shares(float *logits, size_t rows, size_t columns, float scale, const float *offset,
                            const float *log_sum, const float *weight) {
    CALL(softmax_shares, logits, rows, columns, scale, offset, log_sum, weight)
}

void martlet_sgd(float *parameter, const float *gradient, size_t count, float rate, float decay) {
    CALL(sgd, parameter, gradient, count, rate, decay)
}
