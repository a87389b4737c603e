#pragma once
// Which instruction set the kernels use. It is chosen once, when the program starts: the best the chip has, or what
// the environment variable MARTLET_KERNELS names (plain, avx2, avx512, neon), if the chip has that.

enum martlet_kernels {
    MARTLET_PLAIN = 0,
    MARTLET_AVX2 = 1,    // with FMA
    MARTLET_AVX512 = 2,  // F, BW, DQ and VL
    MARTLET_NEON = 3,
};

/// The instruction set in use.
enum martlet_kernels martlet_kernels_in_use(void);

/// Its name: "plain", "avx2", "avx512" or "neon".
const char *martlet_kernels_name(void);

/// Whether products of bfloat16 have an instruction of their own (AVX512-BF16, with the AVX-512 kernels in use); without
/// it they are made of rounded float32.
int martlet_has_bfloat16(void);
