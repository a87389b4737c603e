// Includes BODY once for each instruction set with
//   LANES    floats in a vector register
//   VECTORS  vectors across a tile of a product
//   ROWS     rows of a tile: ROWS · VECTORS accumulators live in registers
//   TARGET   the function attribute that allows the instructions
//   NAME(x)  x with the instruction set's suffix
//   BF16     1 where factors are pairs of bfloat16 that one instruction multiplies and adds up, 0 where they are float32

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define LANES 4
#define VECTORS 2
#define ROWS 4
#define TARGET
#define NAME(x) x##_plain
#define BF16 0
#include BODY
#undef LANES
#undef VECTORS
#undef ROWS
#undef TARGET
#undef NAME
#undef BF16

#if defined(__x86_64__)
#define LANES 8
#define VECTORS 2
#define ROWS 6
#define TARGET __attribute__((target("avx2,fma")))
#define NAME(x) x##_avx2
#define BF16 0
#include BODY
#undef LANES
#undef VECTORS
#undef ROWS
#undef TARGET
#undef NAME
#undef BF16

#define LANES 16
#define VECTORS 4
#define ROWS 6
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
#define NAME(x) x##_avx512
#define BF16 0
#include BODY
#undef TARGET
#undef NAME
#undef BF16

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))
#define NAME(x) x##_avx512bf16
#define BF16 1
#include BODY
#undef LANES
#undef VECTORS
#undef ROWS
#undef TARGET
#undef NAME
#undef BF16
#endif
