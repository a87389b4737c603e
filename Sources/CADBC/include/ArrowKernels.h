// The loops that turn Arrow's memory into Martlet's and back, in C so that a debug build streams at full speed too.

#ifndef MARTLET_ARROW_KERNELS_H
#define MARTLET_ARROW_KERNELS_H

#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

/// Bits `offset ..< offset + count`, lowest first, to one byte each.
void martlet_bits_to_bytes(const uint8_t *bits, int64_t offset, int64_t count, uint8_t *bytes);

/// Bytes (0 or not) to bits, lowest first; `bits` holds `(count + 7) / 8` bytes. Returns how many are 0.
int64_t martlet_bytes_to_bits(const uint8_t *bytes, int64_t count, uint8_t *bits);

/// 32-bit offsets to 64-bit.
void martlet_widen_offsets(const int32_t *from, int64_t count, int64_t *to);

/// `to[i] = from[i] * factor`, for days and seconds to microseconds.
void martlet_scale_int32(const int32_t *from, int64_t count, int64_t factor, int64_t *to);
void martlet_scale_int64(const int64_t *from, int64_t count, int64_t factor, int64_t *to);

/// `to[i] = floor(from[i] / divisor)`, for nanoseconds to microseconds.
void martlet_divide_int64(const int64_t *from, int64_t count, int64_t divisor, int64_t *to);

/// Little-endian 128-bit decimals of scale 0 to 64-bit integers. Returns the first index that does not fit among rows
/// whose byte in `valid` is not 0 (`valid` null: all rows), or -1.
int64_t martlet_decimal_to_int64(const void *from, int64_t count, const uint8_t *valid, int64_t *to);

/// Little-endian 128-bit decimals divided by `10^scale` to double precision, rounded once.
void martlet_decimal_to_double(const void *from, int64_t count, int32_t scale, double *to);

/// Total bytes of `count` string views, and the same copied one after the other with their offsets.
int64_t martlet_views_length(const void *views, int64_t count, const uint8_t *valid);
void martlet_views_copy(
    const void *views, int64_t count, const uint8_t *valid, const void *const *buffers, int64_t *offsets,
    uint8_t *bytes);

#if defined(__cplusplus)
}
#endif

#endif
