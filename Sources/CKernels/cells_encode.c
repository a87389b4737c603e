// Writes the tiles that cells.c reads: vectors by cell, and centroids.

#include "cells_layout.h"

#include <string.h>

size_t martlet_cells_tile_items(void) { return TILE; }
size_t martlet_cells_tile_bytes(size_t dimensions) { return blocks_of(dimensions) * 64 + TILE * sizeof(float); }
size_t martlet_cells_most_dimensions(void) { return MOST_DIMENSIONS; }

// MARK: - Encoding

/// The whole numbers 0…15 of a residual at one width of its steps. Returns the squared error, and the factor s of 2n − 15
/// that leaves no error along the residual itself: that is where a query's near neighbours lie (Guo et al. 2020).
static double encode_at(const float *residual, size_t dimensions, double own, float step, uint8_t *codes, float *scale) {
    double along = 0, square = 0;
    for (size_t d = 0; d < dimensions; d++) {
        float nearest = floorf(residual[d] / step + 8);
        nearest = nearest > 15 ? 15 : nearest > 0 ? nearest : 0;
        codes[d] = (uint8_t)nearest;
        const double value = 2 * (double)nearest - 15;
        along += value * (double)residual[d];
        square += value * value;
    }
    const double factor = along > 0 ? own / along : 0;
    *scale = (float)factor;
    return own - 2 * factor * along + factor * factor * square;
}

/// x = m · 2^e with the largest |m| between 2¹⁴ and 2¹⁵.
static int8_t encode_row(const float *vector, size_t dimensions, int16_t *row) {
    float most = 0;
    for (size_t d = 0; d < dimensions; d++) most = fabsf(vector[d]) > most ? fabsf(vector[d]) : most;
    int exponent = 0;
    if (most > 0) {
        frexpf(most, &exponent);
        exponent -= 15;
        if (exponent < -128) exponent = -128;
    }
    const double factor = ldexp(1, -exponent);
    for (size_t d = 0; d < dimensions; d++) {
        double nearest = rint((double)vector[d] * factor);
        row[d] = (int16_t)(nearest > 32767 ? 32767 : nearest < -32767 ? -32767 : nearest);
    }
    return (int8_t)exponent;
}

double martlet_cells_encode(const float *vectors, const int32_t *chosen, size_t count, size_t dimensions,
                            const float *centroid, uint8_t *tiles, int16_t *rows, int8_t *exponents) {
    static const float widths[] = {1.0f, 0.9f, 0.8f, 0.7f};
    const size_t size = martlet_cells_tile_bytes(dimensions), places = (count + TILE - 1) / TILE * TILE;
    memset(tiles, 0, places / TILE * size);
    double sum = 0;
    float residual[MOST_DIMENSIONS];
    uint8_t codes[2][MOST_DIMENSIONS];
    for (size_t i = 0; i < places; i++) {
        if (i >= count) {
            memset(rows + i * dimensions, 0, dimensions * sizeof *rows);
            exponents[i] = 0;
            continue;
        }
        const float *vector = vectors + (size_t)chosen[i] * dimensions;
        exponents[i] = encode_row(vector, dimensions, rows + i * dimensions);
        float most = 0;
        double own = 0;
        for (size_t d = 0; d < dimensions; d++) {
            residual[d] = vector[d] - centroid[d];
            most = fabsf(residual[d]) > most ? fabsf(residual[d]) : most;
            own += (double)residual[d] * (double)residual[d];
        }
        sum += own;
        int best = 0;
        float scale = 0;
        memset(codes[0], 8, dimensions);
        if (most > 0 && isfinite(most)) {
            double least = INFINITY;
            for (int w = 0; w < 4; w++) {
                float candidate;
                const double error = encode_at(
                    residual, dimensions, own, most * (2.0f / 15) * widths[w] + 1e-38f, codes[1 - best], &candidate);
                if (!(error < least)) continue;
                least = error;
                scale = candidate;
                best = 1 - best;
            }
        }
        uint8_t *tile = tiles + i / TILE * size;
        const size_t lane = i % TILE;
        for (size_t d = 0; d < dimensions; d++)
            tile[d / 8 * 64 + lane * 4 + d % 4] |= (uint8_t)(codes[best][d] << (d % 8 / 4 * 4));
        memcpy(tile + size - TILE * sizeof(float) + lane * sizeof(float), &scale, sizeof scale);
    }
    return sum;
}

void martlet_cells_move(const uint8_t *tiles, size_t from, uint8_t *target, size_t to, size_t dimensions) {
    const size_t size = martlet_cells_tile_bytes(dimensions), parts = blocks_of(dimensions) + 1;
    const uint8_t *source = tiles + from / TILE * size + from % TILE * 4;
    uint8_t *goal = target + to / TILE * size + to % TILE * 4;
    for (size_t part = 0; part < parts; part++) memcpy(goal + part * 64, source + part * 64, 4);
}

void martlet_cells_decode(const int16_t *row, int8_t exponent, size_t dimensions, float *vector) {
    for (size_t d = 0; d < dimensions; d++) vector[d] = ldexpf((float)row[d], exponent);
}

// MARK: - Centroids

size_t martlet_cells_centroid_bytes(size_t cells, size_t dimensions) {
    return (cells + TILE - 1) / TILE * centroid_tile_bytes(dimensions);
}

void martlet_cells_pack_centroids(const float *centroids, size_t cells, size_t dimensions, uint8_t *packed) {
    const size_t size = centroid_tile_bytes(dimensions);
    memset(packed, 128, martlet_cells_centroid_bytes(cells, dimensions));
    for (size_t cell = 0; cell < (cells + TILE - 1) / TILE * TILE; cell++) {
        uint8_t *tile = packed + cell / TILE * size;
        const size_t lane = cell % TILE;
        float scale = 0;
        if (cell < cells) {
            int8_t whole[MOST_DIMENSIONS];
            scale = quantize(centroids + cell * dimensions, dimensions, whole) / 127;
            for (size_t d = 0; d < dimensions; d++) tile[d / 4 * 64 + lane * 4 + d % 4] = (uint8_t)(whole[d] + 128);
        }
        memcpy(tile + size - TILE * sizeof(float) + lane * sizeof(float), &scale, sizeof scale);
    }
}
