#pragma once
#include <cblas.h>

// LAPACK's own entry points, which OpenBLAS carries (column-major, 1-based, all arguments by address); the C wrappers
// of lapacke would be one more package to install.

/// Cholesky factor of a symmetric positive definite matrix.
void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info);
/// The inverse from the Cholesky factor.
void spotri_(const char *uplo, const int *n, float *a, const int *lda, int *info);
/// Solves A X = B by the Cholesky factor.
void spotrs_(const char *uplo, const int *n, const int *nrhs, const float *a, const int *lda, float *b, const int *ldb,
             int *info);
/// The inverse of a triangular matrix.
void strtri_(const char *uplo, const char *diag, const int *n, float *a, const int *lda, int *info);
/// Eigenvalues and eigenvectors of a symmetric matrix, by divide and conquer.
void ssyevd_(const char *jobz, const char *uplo, const int *n, float *a, const int *lda, float *w, float *work,
             const int *lwork, int *iwork, const int *liwork, int *info);
