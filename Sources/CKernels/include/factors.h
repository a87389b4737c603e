#pragma once
#include <stddef.h>
#include <stdint.h>
// The inner loops of factor models: steps on one pair after the other (BPR, WARP, binary cross-entropy), and the
// softmax of tiles of logits. All float32, row-major.
// Legend: U users, N items, D width of a row.

enum martlet_pair_loss {
    MARTLET_BPR = 0,   // −log σ(s_i − s_j)
    MARTLET_WARP = 1,  // log(rank of i, estimated) · max(0, 1 − s_i + s_j)
    MARTLET_BCE = 2,   // −log σ(s_i) − Σ_j log(1 − σ(s_j))
};

enum martlet_rule { MARTLET_SGD = 0, MARTLET_ADAGRAD = 1, MARTLET_ADAGRAD_FULL = 2, MARTLET_ADAM = 3 };

/// The pairs of some users with some items, learned from in random order. Nothing but those users and items is changed,
/// so that jobs without common users and items may run side by side.
struct martlet_pairs_job {
    float *users, *items, *bias;  // U × D, N × D, N (or NULL)
    // What the rule remembers: nothing (SGD), a number a row (Adagrad), or as many as the parameters have.
    float *user_first, *user_second, *item_first, *item_second, *bias_first, *bias_second;
    size_t width;                  // D
    const int64_t *offsets;        // where each user's pairs begin, U + 1
    const int32_t *pair_items;     // each user's items, rising
    const float *pair_weights;     // how much each pair counts, or NULL
    size_t first_user, last_user;  // the users of this job: first ..< last
    const int32_t *part_of_item;   // N
    int32_t part;                  // the items of this job: those of this part
    const int32_t *candidates;     // what negatives are drawn from; an item may stand there more than once
    size_t candidate_count, item_count;
    uint64_t *order;               // room for as many pairs as the users have
    uint64_t seed;
    enum martlet_pair_loss loss;
    enum martlet_rule rule;
    float rate, decay;
    int32_t negatives;  // BCE: how many for a positive; WARP: how many are tried; BPR: of how many the hardest is taken
};

/// Shuffles the job's pairs and makes a step on each: score s_i = ⟨u, v_i⟩ + b_i, L2 regularisation `decay`. Negatives
/// that the user has are drawn again. Returns the summed loss, which is not finite if a score was not.
double martlet_pairs(const struct martlet_pairs_job *job);

/// One tile of the sum of a softmax. z = scale · logits[r, j] + offset[j]; on the way in and out, largest[r] is the
/// largest z so far, and sum[r] the sum of exp(z − largest[r]). Columns whose offset is below −1e29 count nothing.
void martlet_softmax_sums(const float *logits, size_t rows, size_t columns, float scale, const float *offset,
                          float *largest, float *sum);

/// logits[r, j] = weight[r] · exp(scale · logits[r, j] + offset[j] − log_sum[r]).
void martlet_softmax_shares(float *logits, size_t rows, size_t columns, float scale, const float *offset,
                            const float *log_sum, const float *weight);

/// parameter -= rate · (gradient + decay · parameter).
void martlet_sgd(float *parameter, const float *gradient, size_t count, float rate, float decay);
