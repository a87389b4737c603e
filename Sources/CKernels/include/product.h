#pragma once
#include <stddef.h>
// The products of training: small enough that packing and what follows a product (bias, max(0, ·)) matter as much as the
// product itself. One call works on one thread.
//
// Each sum runs over k in the same order whatever m and n are, so a batch may be cut into rows anywhere.

enum martlet_precision {
    MARTLET_FLOAT32 = 0,
    /// Both factors are rounded to bfloat16 (to the nearest, ties to even), products are added up in float32.
    MARTLET_BFLOAT16 = 1,
};

/// C = act(op(A) · op(B) + C₀ + bias), C₀ the old C if `add` and otherwise 0, act the identity or max(0, ·).
struct martlet_product {
    size_t m, n, k;
    const float *a;     // op(A) is m × k; stored k × m if transposed
    size_t stride_a;    // from a stored row to the next
    int transpose_a;
    const float *b;     // op(B) is k × n; stored n × k if transposed
    size_t stride_b;
    int transpose_b;
    float *c;           // m × n
    size_t stride_c;
    int add;
    const float *bias;  // n numbers; or NULL
    int relu;
    enum martlet_precision precision;
};

void martlet_multiply(const struct martlet_product *product);
