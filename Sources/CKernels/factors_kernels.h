// The bodies of factors.h, compiled once for each instruction set: NAME(x) names a function, TARGET is its attribute.
// Plain loops on purpose: the compiler makes vectors of them, and sums may be reassociated for that.

TARGET static inline float NAME(product)(const float *restrict a, const float *restrict b, size_t width) {
#pragma clang fp reassociate(on)
    float sum = 0;
    for (size_t d = 0; d < width; d++) sum += a[d] * b[d];
    return sum;
}

/// Whether `item` stands in the rising list: short lists are looked through whole, which needs no branches.
TARGET static inline int NAME(stands_in)(const int32_t *list, int64_t begin, int64_t end, int32_t item) {
    while (end - begin > 64) {
        const int64_t middle = (begin + end) / 2;
        if (list[middle] <= item)
            begin = middle;
        else
            end = middle;
    }
    int found = 0;
    for (int64_t place = begin; place < end; place++) found |= list[place] == item;
    return found;
}

/// A candidate that the user does not have, or −1 after ten tries.
TARGET static inline int32_t NAME(negative)(const struct martlet_pairs_job *job, size_t user, uint64_t *random) {
    for (int attempt = 0; attempt < 10; attempt++) {
        const int32_t item = job->candidates[below(random, job->candidate_count)];
        if (!NAME(stands_in)(job->pair_items, job->offsets[user], job->offsets[user + 1], item)) return item;
    }
    return -1;
}

/// One step of the rule on `count` numbers whose gradient is factor · direction (+ decay · parameter).
TARGET static inline void NAME(step)(enum martlet_rule rule, float *restrict parameter, float *restrict first,
                                     float *restrict second, const float *restrict direction, float factor,
                                     size_t count, float rate, float decay) {
#pragma clang fp reassociate(on)
    switch (rule) {
        case MARTLET_SGD:
            for (size_t d = 0; d < count; d++)
                parameter[d] -= rate * (factor * direction[d] + decay * parameter[d]);
            break;
        case MARTLET_ADAGRAD: {
            float square = 0;
            for (size_t d = 0; d < count; d++) {
                const float g = factor * direction[d] + decay * parameter[d];
                square += g * g;
            }
            first[0] += square / (float)count;
            const float scaled = rate / (sqrtf(first[0]) + 1e-8f);
            for (size_t d = 0; d < count; d++)
                parameter[d] -= scaled * (factor * direction[d] + decay * parameter[d]);
            break;
        }
        case MARTLET_ADAGRAD_FULL:
            for (size_t d = 0; d < count; d++) {
                const float g = factor * direction[d] + decay * parameter[d];
                first[d] += g * g;
                parameter[d] -= rate * g / (sqrtf(first[d]) + 1e-8f);
            }
            break;
        case MARTLET_ADAM:
            for (size_t d = 0; d < count; d++) {
                const float g = factor * direction[d] + decay * parameter[d];
                first[d] = 0.9f * first[d] + 0.1f * g;
                second[d] = 0.999f * second[d] + 0.001f * g * g;
                parameter[d] -= rate * first[d] / (sqrtf(second[d]) + 1e-8f);
            }
            break;
    }
}

/// How many numbers the rule remembers of a row of `width`.
TARGET static inline size_t NAME(remembered)(enum martlet_rule rule, size_t width) {
    return rule == MARTLET_SGD ? 0 : rule == MARTLET_ADAGRAD ? 1 : width;
}

TARGET static inline void NAME(step_user)(const struct martlet_pairs_job *job, size_t user, const float *direction,
                                          float factor) {
    const size_t kept = NAME(remembered)(job->rule, job->width);
    NAME(step)(job->rule, job->users + user * job->width, job->user_first + user * kept,
               job->user_second + user * kept, direction, factor, job->width, job->rate, job->decay);
}

TARGET static inline void NAME(step_item)(const struct martlet_pairs_job *job, int32_t item, const float *direction,
                                          float factor) {
    const size_t kept = NAME(remembered)(job->rule, job->width), row = (size_t)item;
    NAME(step)(job->rule, job->items + row * job->width, job->item_first + row * kept, job->item_second + row * kept,
               direction, factor, job->width, job->rate, job->decay);
    if (job->bias) {
        const float one = 1;
        NAME(step)(job->rule, job->bias + row, job->bias_first + row, job->bias_second + row, &one, factor, 1,
                   job->rate, job->decay);
    }
}

TARGET static inline float NAME(score)(const struct martlet_pairs_job *job, const float *user, int32_t item) {
    return NAME(product)(user, job->items + (size_t)item * job->width, job->width) + (job->bias ? job->bias[item] : 0);
}

/// A step that moves item i up and item j down for a user, with weight `slope`; `u` is room for D numbers twice.
TARGET static inline void NAME(step_pair)(const struct martlet_pairs_job *job, size_t user, int32_t i, int32_t j,
                                          float slope, float *room) {
    const size_t width = job->width;
    float *restrict u = job->users + user * width;
    float *restrict a = job->items + (size_t)i * width;
    float *restrict b = job->items + (size_t)j * width;
    if (job->rule == MARTLET_SGD) {
        // The rule of most trainings goes through each row once.
        const float rate = job->rate, keep = 1 - job->rate * job->decay, move = rate * slope;
        for (size_t d = 0; d < width; d++) {
            const float ud = u[d], ad = a[d], bd = b[d];
            u[d] = keep * ud + move * (ad - bd);
            a[d] = keep * ad + move * ud;
            b[d] = keep * bd - move * ud;
        }
        if (job->bias) {
            job->bias[i] = keep * job->bias[i] + move;
            job->bias[j] = keep * job->bias[j] - move;
        }
        return;
    }
    float *restrict old = room, *restrict difference = room + width;
    for (size_t d = 0; d < width; d++) {
        old[d] = u[d];
        difference[d] = a[d] - b[d];
    }
    NAME(step_user)(job, user, difference, -slope);
    NAME(step_item)(job, i, old, -slope);
    NAME(step_item)(job, j, old, slope);
}

/// A step of binary cross-entropy on one user and one item; its loss.
TARGET static inline float NAME(step_label)(const struct martlet_pairs_job *job, size_t user, int32_t item, float label,
                                            float weight, float *room) {
    const size_t width = job->width;
    float *u = job->users + user * width;
    const float score = NAME(score)(job, u, item);
    const float sigma = 1 / (1 + expf(-score)), slope = weight * (sigma - label);
    memcpy(room, u, width * sizeof(float));
    NAME(step_user)(job, user, job->items + (size_t)item * width, slope);
    NAME(step_item)(job, item, room, slope);
    const float margin = label > 0.5f ? score : -score;
    return weight * (margin > 0 ? log1pf(expf(-margin)) : log1pf(expf(margin)) - margin);
}

/// A step of WARP: negatives are tried until one comes within the margin; how many it took says how far down i stands.
TARGET static float NAME(step_warp)(const struct martlet_pairs_job *job, size_t user, int32_t i, float weight,
                                    uint64_t *random, float *room) {
    const float *u = job->users + user * job->width, own = NAME(score)(job, u, i);
    if (!(fabsf(own) < INFINITY)) return NAN;
    for (int32_t trial = 1; trial <= job->negatives; trial++) {
        const int32_t j = NAME(negative)(job, user, random);
        if (j < 0) return 0;
        const float violation = 1 - own + NAME(score)(job, u, j);
        if (violation <= 0) continue;
        const float rank = (float)((job->item_count - 1) / (size_t)trial);
        const float slope = weight * logf(rank < 1 ? 1 : rank);
        NAME(step_pair)(job, user, i, j, slope, room);
        return slope * violation;
    }
    return 0;
}

/// Of `job->negatives` candidates the one with the highest score for the user, `first` being one of them.
TARGET static inline int32_t NAME(hardest)(const struct martlet_pairs_job *job, size_t user, int32_t first,
                                           uint64_t *random) {
    const float *u = job->users + user * job->width;
    int32_t best = first;
    float most = NAME(score)(job, u, first);
    for (int32_t n = 1; n < job->negatives; n++) {
        const int32_t j = NAME(negative)(job, user, random);
        const float score = j < 0 ? most : NAME(score)(job, u, j);
        // A score that is not a number must not hide behind one that is.
        if (score > most || score != score) {
            most = score;
            best = j;
        }
    }
    return best;
}

TARGET static inline void NAME(prefetch)(const float *row, size_t width) {
    for (size_t d = 0; d < width; d += 16) __builtin_prefetch(row + d, 1);
}

TARGET static double NAME(pairs)(const struct martlet_pairs_job *job) {
    enum { CHUNK = 64, AHEAD = 4 };
    uint64_t random = job->seed;
    const size_t count = shuffled_pairs(job, &random), width = job->width;
    float room[2 * width];
    double loss = 0;
    for (size_t first = 0; first < count; first += CHUNK) {
        const size_t length = count - first < CHUNK ? count - first : CHUNK;
        uint32_t users[CHUNK], pairs[CHUNK];
        int32_t positives[CHUNK], drawn[CHUNK];
        // Apart from the steps, so that many of these scattered reads are under way at once.
        for (size_t p = 0; p < length; p++) {
            users[p] = (uint32_t)(job->order[first + p] >> 32);
            pairs[p] = (uint32_t)job->order[first + p];
            positives[p] = job->pair_items[pairs[p]];
        }
        // Σ log(1 + e) as the logarithm of a product: each factor is at most 2.
        double product = 1;
        // Where each pair has one negative, they are drawn first, so that the rows can be fetched while others are used.
        if (job->loss == MARTLET_BPR)
            for (size_t p = 0; p < length; p++) {
                if (p + 8 < length) __builtin_prefetch(job->pair_items + job->offsets[users[p + 8]]);
                drawn[p] = NAME(negative)(job, users[p], &random);
            }
        for (size_t p = 0; p < length; p++) {
            const size_t user = users[p];
            const int32_t i = positives[p];
            const float weight = job->pair_weights ? job->pair_weights[pairs[p]] : 1;
            if (p + AHEAD < length) {
                NAME(prefetch)(job->users + users[p + AHEAD] * width, width);
                NAME(prefetch)(job->items + (size_t)positives[p + AHEAD] * width, width);
                if (job->loss == MARTLET_BPR && drawn[p + AHEAD] >= 0)
                    NAME(prefetch)(job->items + (size_t)drawn[p + AHEAD] * width, width);
            }
            switch (job->loss) {
                case MARTLET_BPR: {
                    if (drawn[p] < 0) break;
                    const int32_t j =
                        job->negatives > 1 ? NAME(hardest)(job, user, drawn[p], &random) : drawn[p];
                    const float *u = job->users + user * width;
                    const float x = NAME(score)(job, u, i) - NAME(score)(job, u, j), e = expf(-fabsf(x));
                    // σ(−x) and −log σ(x) from one exponential that cannot overflow; NaN stays NaN.
                    const float slope = (x > 0 ? e : 1) / (1 + e);
                    if (job->pair_weights) {
                        loss += (double)(weight * ((x > 0 ? 0 : -x) + log1pf(e)));
                    } else {
                        loss += x > 0 ? 0 : (double)-x;
                        product *= 1 + (double)e;
                    }
                    NAME(step_pair)(job, user, i, j, weight * slope, room);
                    break;
                }
                case MARTLET_WARP: loss += (double)NAME(step_warp)(job, user, i, weight, &random, room); break;
                case MARTLET_BCE:
                    loss += (double)NAME(step_label)(job, user, i, 1, weight, room);
                    for (int32_t n = 0; n < job->negatives; n++) {
                        const int32_t j = NAME(negative)(job, user, &random);
                        if (j >= 0) loss += (double)NAME(step_label)(job, user, j, 0, weight, room);
                    }
                    break;
            }
        }
        loss += log(product);
    }
    return loss;
}

// exp(x) for x <= 0, as in training_kernels.h.
TARGET static inline float NAME(exp_below)(float x) {
    x = x < -87.0f ? -87.0f : x;
    float n = __builtin_floorf(x * 1.44269504f + 0.5f);
    float r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    union {
        int32_t bits;
        float value;
    } power = {((int32_t)n + 127) << 23};
    return p * power.value;
}

TARGET static void NAME(softmax_sums)(const float *restrict logits, size_t rows, size_t columns, float scale,
                                      const float *restrict offset, float *restrict largest, float *restrict sum) {
#pragma clang fp reassociate(on)
    for (size_t r = 0; r < rows; r++) {
        const float *z = logits + r * columns;
        float most = largest[r];
        for (size_t j = 0; j < columns; j++) {
            const float value = scale * z[j] + offset[j];
            most = value > most ? value : most;
        }
        float added = 0;
        for (size_t j = 0; j < columns; j++) {
            const float value = scale * z[j] + offset[j];
            added += value < -9e29f ? 0 : NAME(exp_below)(value - most);
        }
        sum[r] = sum[r] * NAME(exp_below)(largest[r] - most) + added;
        largest[r] = most;
    }
}

TARGET static void NAME(softmax_shares)(float *restrict logits, size_t rows, size_t columns, float scale,
                                        const float *restrict offset, const float *restrict log_sum,
                                        const float *restrict weight) {
#pragma clang fp reassociate(on)
    for (size_t r = 0; r < rows; r++) {
        float *z = logits + r * columns;
        const float shift = log_sum[r], factor = weight[r];
        for (size_t j = 0; j < columns; j++) {
            const float value = scale * z[j] + offset[j];
            const float below = value - shift;
            z[j] = value < -9e29f ? 0 : factor * NAME(exp_below)(below < 0 ? below : 0);
        }
    }
}

TARGET static void NAME(sgd)(float *restrict parameter, const float *restrict gradient, size_t count, float rate,
                             float decay) {
    for (size_t d = 0; d < count; d++) parameter[d] -= rate * (gradient[d] + decay * parameter[d]);
}
