#pragma once

#include "cells.h"

#include <math.h>

// How tiles of vectors and of centroids lie in memory: what writes them and what reads them agree here.

enum {
    TILE = 16,
    MOST_DIMENSIONS = 4096,
};

static inline size_t blocks_of(size_t dimensions) { return (dimensions + 7) / 8; }

// A tile of 16 centroids: their whole numbers plus 128, four dimensions of one next to each other, then their scales.
static inline size_t centroid_tile_bytes(size_t dimensions) { return blocks_of(dimensions) * 128 + TILE * sizeof(float); }

/// Whole numbers −127…127; returns the largest |value|, of which 127 stands for.
static inline float quantize(const float *values, size_t count, int8_t *whole) {
    float most = 0;
    for (size_t d = 0; d < count; d++) most = fabsf(values[d]) > most ? fabsf(values[d]) : most;
    for (size_t d = 0; d < count; d++) {
        float nearest = most > 0 ? rintf(values[d] / most * 127) : 0;
        whole[d] = (int8_t)(nearest > 127 ? 127 : nearest > -127 ? nearest : -127);
    }
    return most;
}
