#include "ArrowKernels.h"

#include <string.h>

void martlet_bits_to_bytes(const uint8_t *bits, int64_t offset, int64_t count, uint8_t *bytes) {
    for (int64_t i = 0; i < count; i++) {
        int64_t bit = offset + i;
        bytes[i] = (bits[bit >> 3] >> (bit & 7)) & 1;
    }
}

int64_t martlet_bytes_to_bits(const uint8_t *bytes, int64_t count, uint8_t *bits) {
    memset(bits, 0, (size_t)((count + 7) / 8));
    int64_t zeros = 0;
    for (int64_t i = 0; i < count; i++) {
        uint8_t set = bytes[i] != 0;
        zeros += !set;
        bits[i >> 3] |= (uint8_t)(set << (i & 7));
    }
    return zeros;
}

void martlet_widen_offsets(const int32_t *from, int64_t count, int64_t *to) {
    for (int64_t i = 0; i < count; i++) to[i] = from[i];
}

// The products wrap instead of being undefined: a null row's value is unspecified and may be anything.
void martlet_scale_int32(const int32_t *from, int64_t count, int64_t factor, int64_t *to) {
    for (int64_t i = 0; i < count; i++) to[i] = (int64_t)((uint64_t)(int64_t)from[i] * (uint64_t)factor);
}

void martlet_scale_int64(const int64_t *from, int64_t count, int64_t factor, int64_t *to) {
    for (int64_t i = 0; i < count; i++) to[i] = (int64_t)((uint64_t)from[i] * (uint64_t)factor);
}

void martlet_divide_int64(const int64_t *from, int64_t count, int64_t divisor, int64_t *to) {
    for (int64_t i = 0; i < count; i++) {
        int64_t quotient = from[i] / divisor;
        to[i] = quotient - (from[i] % divisor < 0);
    }
}

int64_t martlet_decimal_to_int64(const void *from, int64_t count, const uint8_t *valid, int64_t *to) {
    const uint8_t *bytes = from;
    for (int64_t i = 0; i < count; i++) {
        int64_t low, high;
        memcpy(&low, bytes + 16 * i, 8);
        memcpy(&high, bytes + 16 * i + 8, 8);
        to[i] = low;
        if (high != low >> 63 && (!valid || valid[i])) return i;
    }
    return -1;
}

void martlet_decimal_to_double(const void *from, int64_t count, int32_t scale, double *to) {
    const uint8_t *bytes = from;
    // Powers of ten up to 10^22 are exact in double precision; extended precision keeps the rest to one rounding.
    long double power = 1;
    for (int32_t i = 0; i < (scale < 0 ? -scale : scale); i++) power *= 10;
    for (int64_t i = 0; i < count; i++) {
        __int128 value;
        memcpy(&value, bytes + 16 * i, 16);
        if (scale >= 0 && scale <= 22 && value >= -(1LL << 53) && value <= (1LL << 53)) {
            to[i] = (double)value / (double)power;
        } else {
            to[i] = (double)(scale < 0 ? (long double)value * power : (long double)value / power);
        }
    }
}

// A view is 16 bytes: length, then the text itself if it has at most 12 bytes, else 4 bytes of it, buffer and offset.
int64_t martlet_views_length(const void *views, int64_t count, const uint8_t *valid) {
    const uint8_t *view = views;
    int64_t total = 0;
    for (int64_t i = 0; i < count; i++, view += 16) {
        int32_t length;
        memcpy(&length, view, 4);
        if (!valid || valid[i]) total += length;
    }
    return total;
}

void martlet_views_copy(
    const void *views, int64_t count, const uint8_t *valid, const void *const *buffers, int64_t *offsets,
    uint8_t *bytes) {
    const uint8_t *view = views;
    int64_t total = 0;
    offsets[0] = 0;
    for (int64_t i = 0; i < count; i++, view += 16) {
        if (!valid || valid[i]) {
            int32_t length, buffer, offset;
            memcpy(&length, view, 4);
            if (length <= 12) {
                memcpy(bytes + total, view + 4, (size_t)length);
            } else {
                memcpy(&buffer, view + 8, 4);
                memcpy(&offset, view + 12, 4);
                memcpy(bytes + total, (const uint8_t *)buffers[buffer] + offset, (size_t)length);
            }
            total += length;
        }
        offsets[i + 1] = total;
    }
}
