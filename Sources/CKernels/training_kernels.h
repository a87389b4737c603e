// The bodies of training.h, compiled once for each instruction set: NAME(x) names a function, TARGET is its attribute.
// Plain loops on purpose: the compiler makes vectors of them, and sums may be reassociated for that.

#define ADAGRAD_EPSILON 1e-8f
#define ADAM_FIRST 0.9f
#define ADAM_SECOND 0.999f

/// Fetches the lines of a row that is needed soon.
TARGET static inline void NAME(prefetch)(const float *row, size_t width) {
    for (size_t j = 0; j < width; j += 16) __builtin_prefetch(row + j);
}

TARGET static void NAME(gather)(const float *restrict table, size_t width, const int32_t *restrict ids, size_t rows,
                                int add, float *restrict out, size_t stride) {
    for (size_t i = 0; i < rows; i++) {
        const float *from = table + (size_t)ids[i] * width;
        float *to = out + i * stride;
        if (i + 8 < rows) NAME(prefetch)(table + (size_t)ids[i + 8] * width, width);
        if (add)
            for (size_t j = 0; j < width; j++) to[j] += from[j];
        else
            memcpy(to, from, width * sizeof(float));
    }
}

TARGET static void NAME(pool)(const float *restrict table, size_t width, const int64_t *restrict offsets,
                              const int32_t *restrict ids, const float *restrict weights, size_t rows, int add,
                              float *restrict out, size_t stride) {
    for (size_t i = 0; i < rows; i++) {
        float *to = out + i * stride;
        if (!add) memset(to, 0, width * sizeof(float));
        for (int64_t e = offsets[i]; e < offsets[i + 1]; e++) {
            const float *from = table + (size_t)ids[e] * width;
            float weight = weights[e];
            for (size_t j = 0; j < width; j++) to[j] += weight * from[j];
        }
    }
}

TARGET static size_t NAME(collect)(const int64_t *offsets, const int32_t *restrict ids, const float *restrict weights,
                                   size_t rows, const float *restrict gradient, size_t stride, size_t width,
                                   int32_t parts, int32_t part, int32_t *restrict map, int32_t *restrict slots,
                                   size_t count, float *restrict sums) {
    // The remainder by a power of 2 needs no division.
    const int32_t mask = (parts & (parts - 1)) == 0 ? parts - 1 : -1;
    for (size_t i = 0; i < rows; i++) {
        int64_t begin = offsets ? offsets[i] : (int64_t)i, end = offsets ? offsets[i + 1] : (int64_t)i + 1;
        const float *from = gradient + i * stride;
        for (int64_t e = begin; e < end; e++) {
            int32_t id = ids[e];
            if (mask >= 0 ? (id & mask) != part : id % parts != part) continue;
            float weight = weights ? weights[e] : 1;
            int32_t slot = map[id];
            if (slot < 0) {
                slot = map[id] = (int32_t)count;
                slots[count++] = id;
                float *to = sums + (size_t)slot * width;
                for (size_t j = 0; j < width; j++) to[j] = weight * from[j];
            } else {
                float *to = sums + (size_t)slot * width;
                for (size_t j = 0; j < width; j++) to[j] += weight * from[j];
            }
        }
    }
    return count;
}

TARGET static void NAME(rowwise_adagrad)(float *restrict table, float *restrict state, size_t width,
                                         const int32_t *restrict slots, size_t count, const float *restrict sums,
                                         int32_t *restrict map, float rate, float decay) {
#pragma clang fp reassociate(on)
    for (size_t s = 0; s < count; s++) {
        size_t id = (size_t)slots[s];
        if (s + 4 < count) {
            NAME(prefetch)(table + (size_t)slots[s + 4] * width, width);
            __builtin_prefetch(state + slots[s + 4]);
        }
        map[id] = -1;
        float *row = table + id * width;
        const float *g = sums + s * width;
        float square = 0;
        for (size_t j = 0; j < width; j++) {
            float d = g[j] + decay * row[j];
            square += d * d;
        }
        state[id] += square / (float)width;
        float step = rate / (sqrtf(state[id]) + ADAGRAD_EPSILON);
        for (size_t j = 0; j < width; j++) row[j] -= step * (g[j] + decay * row[j]);
    }
}

TARGET static void NAME(sparse_adagrad)(float *restrict table, float *restrict state, size_t width,
                                        const int32_t *restrict slots, size_t count, const float *restrict sums,
                                        int32_t *restrict map, float rate, float decay) {
    for (size_t s = 0; s < count; s++) {
        size_t id = (size_t)slots[s];
        map[id] = -1;
        float *row = table + id * width, *h = state + id * width;
        const float *g = sums + s * width;
        for (size_t j = 0; j < width; j++) {
            float d = g[j] + decay * row[j];
            h[j] += d * d;
            row[j] -= rate * d / (sqrtf(h[j]) + ADAGRAD_EPSILON);
        }
    }
}

TARGET static void NAME(lazy_adam)(float *restrict table, float *restrict first, float *restrict second, size_t width,
                                   const int32_t *restrict slots, size_t count, const float *restrict sums,
                                   int32_t *restrict map, float rate, float epsilon, float decay) {
    for (size_t s = 0; s < count; s++) {
        size_t id = (size_t)slots[s];
        map[id] = -1;
        float *row = table + id * width, *m = first + id * width, *v = second + id * width;
        const float *g = sums + s * width;
        for (size_t j = 0; j < width; j++) {
            float d = g[j] + decay * row[j];
            m[j] = ADAM_FIRST * m[j] + (1 - ADAM_FIRST) * d;
            v[j] = ADAM_SECOND * v[j] + (1 - ADAM_SECOND) * d * d;
            row[j] -= rate * m[j] / (sqrtf(v[j]) + epsilon);
        }
    }
}

TARGET static void NAME(bias_relu)(float *restrict x, size_t rows, size_t width, const float *restrict bias, int relu) {
    for (size_t i = 0; i < rows; i++) {
        float *row = x + i * width;
        if (relu)
            for (size_t j = 0; j < width; j++) {
                float value = row[j] + bias[j];
                // NaN stays NaN, so that a model that broke is seen to be broken.
                row[j] = value < 0 ? 0 : value;
            }
        else
            for (size_t j = 0; j < width; j++) row[j] += bias[j];
    }
}

TARGET static void NAME(relu_backward)(float *restrict gradient, const float *restrict output, size_t count) {
    for (size_t i = 0; i < count; i++) gradient[i] = output[i] == 0 ? 0 : gradient[i];
}

TARGET static void NAME(column_sums)(const float *restrict x, size_t rows, size_t width, float *restrict sums) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++) sums[j] += x[i * width + j];
}

TARGET static void NAME(normalize)(float *restrict x, size_t rows, size_t width, float *restrict inverse) {
#pragma clang fp reassociate(on)
    for (size_t i = 0; i < rows; i++) {
        float *row = x + i * width, square = 0;
        for (size_t j = 0; j < width; j++) square += row[j] * row[j];
        float factor = 1 / sqrtf(square + 1e-12f);
        inverse[i] = factor;
        for (size_t j = 0; j < width; j++) row[j] *= factor;
    }
}

TARGET static void NAME(normalize_backward)(float *restrict gradient, const float *restrict y,
                                            const float *restrict inverse, size_t rows, size_t width) {
#pragma clang fp reassociate(on)
    for (size_t i = 0; i < rows; i++) {
        float *g = gradient + i * width, product = 0;
        const float *row = y + i * width;
        for (size_t j = 0; j < width; j++) product += g[j] * row[j];
        for (size_t j = 0; j < width; j++) g[j] = (g[j] - product * row[j]) * inverse[i];
    }
}

TARGET static void NAME(dropout)(float *restrict x, size_t count, uint64_t seed, uint64_t first, float share) {
    float keep = 1 / (1 - share);
    uint32_t limit = (uint32_t)(share * 4294967040.0f);
    for (size_t i = 0; i < count; i++) {
        // SplitMix64's mixer on the place: no state to carry, so any thread can make any piece of the mask.
        uint64_t word = seed + (first + i) * 0x9E3779B97F4A7C15ull;
        word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9ull;
        word = (word ^ (word >> 27)) * 0x94D049BB133111EBull;
        x[i] = (uint32_t)(word >> 32) < limit ? 0 : x[i] * keep;
    }
}

TARGET static void NAME(adagrad)(float *restrict parameter, float *restrict state, const float *restrict gradient,
                                 size_t count, float rate, float decay) {
    for (size_t j = 0; j < count; j++) {
        float d = gradient[j] + decay * parameter[j];
        state[j] += d * d;
        parameter[j] -= rate * d / (sqrtf(state[j]) + ADAGRAD_EPSILON);
    }
}

TARGET static void NAME(adam)(float *restrict parameter, float *restrict first, float *restrict second,
                              const float *restrict gradient, size_t count, float rate, float epsilon, float decay) {
    for (size_t j = 0; j < count; j++) {
        float d = gradient[j] + decay * parameter[j];
        first[j] = ADAM_FIRST * first[j] + (1 - ADAM_FIRST) * d;
        second[j] = ADAM_SECOND * second[j] + (1 - ADAM_SECOND) * d * d;
        parameter[j] -= rate * first[j] / (sqrtf(second[j]) + epsilon);
    }
}
