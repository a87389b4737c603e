#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>
// The keys by which the top-k kernels order candidates, and their selection.

// One query's candidates are 64-bit keys: the score's bits, turned so that they rise with the score, above the slot's
// bits, turned so that they fall with the slot. The larger key is the better candidate, and no two keys are equal.

static inline uint64_t key_of(float score, uint32_t slot) {
    uint32_t bits;
    score += 0.0f;  // −0 and +0 are equal scores
    memcpy(&bits, &score, 4);
    bits ^= (uint32_t)((int32_t)bits >> 31) | 0x80000000u;
    return (uint64_t)bits << 32 | (uint32_t)~slot;
}

static inline float score_of(uint64_t key) {
    uint32_t bits = (uint32_t)(key >> 32);
    bits ^= bits & 0x80000000u ? 0x80000000u : 0xffffffffu;
    float score;
    memcpy(&score, &bits, 4);
    return score;
}

static inline uint32_t slot_of(uint64_t key) { return ~(uint32_t)key; }

// MARK: - Selection

static inline void sort_descending_short(uint64_t *keys, size_t n) {
    for (size_t i = 1; i < n; i++) {
        uint64_t key = keys[i];
        size_t j = i;
        for (; j > 0 && keys[j - 1] < key; j--) keys[j] = keys[j - 1];
        keys[j] = key;
    }
}

static inline uint64_t median_of_three(uint64_t a, uint64_t b, uint64_t c) {
    uint64_t low = a < b ? a : b, high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

/// Brings the best `k` of `n` keys to the front, in no order; stops early, and says with how many, as soon as between
/// `k` and `most` of the best are in front. Partitions without branches (Lomuto's scheme).
static inline size_t select_best(uint64_t *keys, size_t n, size_t k, size_t most) {
    size_t low = 0, high = n;  // keys before `low` are among the best; those from `high` on are not
    while (high > most) {
        if (high - low <= 12) {
            sort_descending_short(keys + low, high - low);
            return k;
        }
        const size_t middle = low + (high - low) / 2;
        const uint64_t pivot = median_of_three(keys[low], keys[middle], keys[high - 1]);
        size_t out = low;
        for (size_t i = low; i < high; i++) {
            const uint64_t key = keys[i];
            keys[i] = keys[out];
            keys[out] = key;
            out += key > pivot;
        }
        if (out >= k) high = out;
        else low = out;
    }
    return high;
}

/// Sorts keys, the largest first, by merging runs; `spare` has room for n keys.
static inline void sort_descending(uint64_t *keys, uint64_t *spare, size_t n) {
    enum { run = 8 };
    for (size_t i = 0; i < n; i += run) sort_descending_short(keys + i, n - i < run ? n - i : run);
    uint64_t *from = keys, *to = spare;
    for (size_t width = run; width < n; width *= 2) {
        for (size_t i = 0; i < n; i += 2 * width) {
            size_t a = i, a_end = i + width < n ? i + width : n, b = a_end, b_end = i + 2 * width < n ? i + 2 * width : n;
            size_t out = i;
            while (a < a_end && b < b_end) {
                const int second = from[b] > from[a];
                to[out++] = second ? from[b] : from[a];
                b += second;
                a += !second;
            }
            while (a < a_end) to[out++] = from[a++];
            while (b < b_end) to[out++] = from[b++];
        }
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys) memcpy(keys, from, n * sizeof *keys);
}
