// The bodies of alternating.h, compiled once for each instruction set: NAME(x) names a function, TARGET is its
// attribute. Four items at a time, so that the running sum is read and written once for four.

/// out += weight · Σ_e ⟨y_e, x⟩ y_e (or, where `target` is not 0, also sum += target · Σ_e y_e).
TARGET static inline void NAME(add_outer)(const float *restrict y, size_t d, const int32_t *restrict items, size_t n,
                                          float weight, const float *restrict x, float *restrict out, float target,
                                          float *restrict sum) {
#pragma clang fp reassociate(on) contract(fast)
    size_t e = 0;
    for (; e + 4 <= n; e += 4) {
        const float *y0 = y + (size_t)items[e] * d, *y1 = y + (size_t)items[e + 1] * d;
        const float *y2 = y + (size_t)items[e + 2] * d, *y3 = y + (size_t)items[e + 3] * d;
        float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        for (size_t j = 0; j < d; j++) {
            float v = x[j];
            s0 += y0[j] * v;
            s1 += y1[j] * v;
            s2 += y2[j] * v;
            s3 += y3[j] * v;
        }
        s0 *= weight;
        s1 *= weight;
        s2 *= weight;
        s3 *= weight;
        for (size_t j = 0; j < d; j++) out[j] += (s0 * y0[j] + s1 * y1[j]) + (s2 * y2[j] + s3 * y3[j]);
        if (target != 0)
            for (size_t j = 0; j < d; j++) sum[j] += target * ((y0[j] + y1[j]) + (y2[j] + y3[j]));
    }
    for (; e < n; e++) {
        const float *row = y + (size_t)items[e] * d;
        float s = 0;
        for (size_t j = 0; j < d; j++) s += row[j] * x[j];
        s *= weight;
        for (size_t j = 0; j < d; j++) out[j] += s * row[j];
        if (target != 0)
            for (size_t j = 0; j < d; j++) sum[j] += target * row[j];
    }
}

TARGET static void NAME(als_start)(const float *restrict y, size_t d, const int64_t *restrict offsets,
                                   const int32_t *restrict items, size_t rows, float weight, float target,
                                   const float *restrict lambda, const float *restrict x, float *restrict r,
                                   float *restrict p, float *restrict b, float *restrict square) {
#pragma clang fp reassociate(on) contract(fast)
    for (size_t i = 0; i < rows; i++) {
        const float *xi = x + i * d;
        float *ri = r + i * d, *pi = p + i * d, *bi = b + i * d, sum = 0;
        memset(bi, 0, d * sizeof(float));
        NAME(add_outer)(y, d, items + offsets[i], (size_t)(offsets[i + 1] - offsets[i]), weight, xi, ri, target, bi);
        for (size_t j = 0; j < d; j++) {
            float value = bi[j] - (ri[j] + lambda[i] * xi[j]);
            ri[j] = value;
            pi[j] = value;
            sum += value * value;
        }
        square[i] = sum;
    }
}

TARGET static size_t NAME(als_step)(const float *restrict y, size_t d, const int64_t *restrict offsets,
                                    const int32_t *restrict items, size_t rows, float weight,
                                    const float *restrict lambda, const float *restrict least, float *restrict x,
                                    float *restrict r, float *restrict p, float *restrict q, float *restrict square) {
#pragma clang fp reassociate(on) contract(fast)
    size_t moving = 0;
    for (size_t i = 0; i < rows; i++) {
        if (!(square[i] > least[i])) continue;
        float *xi = x + i * d, *ri = r + i * d, *pi = p + i * d, *qi = q + i * d, curvature = 0, next = 0;
        NAME(add_outer)(y, d, items + offsets[i], (size_t)(offsets[i + 1] - offsets[i]), weight, pi, qi, 0, qi);
        for (size_t j = 0; j < d; j++) {
            float value = qi[j] + lambda[i] * pi[j];
            qi[j] = value;
            curvature += value * pi[j];
        }
        if (!(curvature > 0)) {
            square[i] = 0;
            continue;
        }
        float step = square[i] / curvature;
        for (size_t j = 0; j < d; j++) {
            xi[j] += step * pi[j];
            float value = ri[j] - step * qi[j];
            ri[j] = value;
            next += value * value;
        }
        float turn = next / square[i];
        for (size_t j = 0; j < d; j++) pi[j] = ri[j] + turn * pi[j];
        square[i] = next;
        moving += next > least[i];
    }
    return moving;
}
