#include "product.h"

#include <stdint.h>
#include <string.h>

#include "dispatch.h"
#include "scratch.h"

enum {
    LONGEST = 256,  // k of a block: its part of B stays in the second-level cache
    WIDEST = 512,   // columns of a block
    TALLEST = 96,   // rows of a block: its part of A stays beside the tile's
};

#define BODY "product_body.h"
#include "instances.h"

void martlet_multiply(const struct martlet_product *product) {
    const int rounds = product->precision == MARTLET_BFLOAT16;
    if (!product->m || !product->n) return;
    switch (martlet_kernels_in_use()) {
#if defined(__x86_64__)
        case MARTLET_AVX512:
            if (rounds && martlet_has_bfloat16()) return multiply_avx512bf16(product, 0);
            return multiply_avx512(product, rounds);
        case MARTLET_AVX2: return multiply_avx2(product, rounds);
#endif
        default: return multiply_plain(product, rounds);
    }
}
