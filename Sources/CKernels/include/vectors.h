#pragma once
#include <stddef.h>
// Products of float32 vectors of length n. Sums run in several lanes, so the last bits depend on the instruction set;
// on one machine they repeat exactly.

/// Σ a[i]·b[i]
float martlet_dot(const float *a, const float *b, size_t n);

/// y[i] += alpha·x[i]
void martlet_axpy(float alpha, const float *x, float *y, size_t n);
