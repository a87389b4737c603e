#include "inbatch.h"

#include <math.h>
#include <string.h>

#include "dispatch.h"
#include "scratch.h"

enum {
    GROUP = 64,         // columns that are packed together: a whole number of every kernel's tiles
    MOST_LANES = 16,
    MOST_ROWS = 96,     // rows of a block: a multiple of twice every kernel's rows
    LEAST_ROWS = 24,
    LOGITS = 1 << 17,   // logits of a block, unless that were fewer than LEAST_ROWS rows
};

static size_t rounded(size_t bytes) { return (bytes + 63) / 64 * 64; }
static size_t padded(size_t dimensions) { return (dimensions + MOST_LANES - 1) / MOST_LANES * MOST_LANES; }
static size_t groups_of(size_t batch) { return (batch + GROUP - 1) / GROUP; }

/// How many rows are taken at a time: the more, the rarer the items and their gradients pass by; but the logits should
/// stay near.
static size_t block_rows(size_t batch) {
    const size_t fitting = LOGITS / (groups_of(batch) * GROUP) / LEAST_ROWS * LEAST_ROWS;
    return fitting < LEAST_ROWS ? LEAST_ROWS : fitting > MOST_ROWS ? MOST_ROWS : fitting;
}

// A group of columns, packed: its items as the right factor of the logits (D × GROUP), its items as the right factor of
// the users' gradients (GROUP × D), its offsets.
struct parts {
    float *items, *slopes, *offsets;
};

static size_t group_floats(size_t dimensions) { return (dimensions + 1) * GROUP + GROUP * padded(dimensions) + GROUP; }

static struct parts parts_of(const struct martlet_inbatch *job, size_t group) {
    float *first = (float *)job->packed + group * group_floats(job->dimensions);
    float *slopes = first + (job->dimensions + 1) * GROUP;
    return (struct parts){first, slopes, slopes + GROUP * padded(job->dimensions)};
}

#define BODY "inbatch_body.h"
#include "instances.h"

size_t martlet_inbatch_columns(void) { return GROUP; }

size_t martlet_inbatch_packed_bytes(size_t batch, size_t dimensions) {
    return groups_of(batch) * group_floats(dimensions) * sizeof(float);
}

size_t martlet_inbatch_scratch_bytes(size_t batch, size_t dimensions) {
    // Enough for any smaller batch too, whose blocks may be taller.
    const size_t least = groups_of(batch) * GROUP * LEAST_ROWS, wide = padded(dimensions + 1);
    const size_t floats = 4 * MOST_ROWS * wide + 2 * MOST_ROWS * MOST_LANES + 4 * MOST_ROWS;
    return ((least > LOGITS ? least : LOGITS) + floats) * sizeof(float) + 1024;
}

size_t martlet_inbatch_rows(size_t batch) { return groups_of(batch) * GROUP; }

size_t martlet_inbatch_stride(size_t dimensions) {
    size_t lanes = 4;
    if (martlet_kernels_in_use() == MARTLET_AVX2) lanes = 8;
    if (martlet_kernels_in_use() == MARTLET_AVX512) lanes = 16;
    return (dimensions + lanes - 1) / lanes * lanes;
}

void martlet_inbatch_pack(const struct martlet_inbatch *job, size_t first, size_t last) {
    const int rounds = job->precision == MARTLET_BFLOAT16;
    switch (martlet_kernels_in_use()) {
#if defined(__x86_64__)
        case MARTLET_AVX512:
            if (rounds && martlet_has_bfloat16()) return pack_avx512bf16(job, first, last, 0);
            return pack_avx512(job, first, last, rounds);
        case MARTLET_AVX2: return pack_avx2(job, first, last, rounds);
#endif
        default: return pack_plain(job, first, last, rounds);
    }
}

double martlet_inbatch_block(const struct martlet_inbatch *job, size_t first, size_t last, void *scratch,
                             float *item_gradient, float *bias_gradient, float *repeat_gradient) {
    const int rounds = job->precision == MARTLET_BFLOAT16;
#define CALL(name, rounds) name(job, first, last, scratch, item_gradient, bias_gradient, repeat_gradient, rounds)
    switch (martlet_kernels_in_use()) {
#if defined(__x86_64__)
        case MARTLET_AVX512:
            if (rounds && martlet_has_bfloat16()) return CALL(block_avx512bf16, 0);
            return CALL(block_avx512, rounds);
        case MARTLET_AVX2: return CALL(block_avx2, rounds);
#endif
        default: return CALL(block_plain, rounds);
    }
}

// MARK: - Columns of the same item

size_t martlet_link_slots(size_t count) {
    size_t slots = 16;
    while (slots < 2 * count) slots *= 2;
    return slots;
}

void martlet_link_equal(const int32_t *items, size_t count, int32_t *table, int32_t *next) {
    const size_t slots = martlet_link_slots(count);
    memset(table, 0xff, slots * sizeof *table);
    for (size_t j = 0; j < count; j++) {
        size_t slot = ((uint32_t)items[j] * 2654435769u >> 7) & (slots - 1);
        while (table[slot] >= 0 && items[table[slot]] != items[j]) slot = (slot + 1) & (slots - 1);
        if (table[slot] < 0) {
            next[j] = (int32_t)j;
        } else {
            next[j] = next[table[slot]];
            next[table[slot]] = (int32_t)j;
        }
        table[slot] = (int32_t)j;
    }
}
