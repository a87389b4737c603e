// The micro-kernel of topk.c, included once for each instruction set with
//   LANES    floats in a vector register
//   VECTORS  vectors across a tile of items (T = LANES · VECTORS)
//   ROWS     queries of a tile: ROWS · VECTORS accumulators live in registers
//   TARGET   the function attribute that allows the instructions
//   NAME(x)  x with the instruction set's suffix
//   BITS(m)  a comparison's result as one bit a lane
//   ANY(m)   whether a lane of it is set

typedef float NAME(vector) __attribute__((vector_size(LANES * 4), aligned(4)));
typedef int32_t NAME(lanes) __attribute__((vector_size(LANES * 4)));

TARGET static void NAME(scan)(struct block *block, enum tiles which) {
    enum { T = LANES * VECTORS };
    const size_t dimensions = block->dimensions, query_tiles = (block->query_count + ROWS - 1) / ROWS;
    const size_t item_tiles = (block->slots + T - 1) / T;
    const size_t step = which == SAMPLE ? STRIDE : 1;
    for (size_t tile = 0; tile < item_tiles; tile += step) {
        if (which == REST && tile % STRIDE == 0) continue;
        const float *items = block->packed_items + tile * dimensions * T;
        // The next tile comes from far away: each group of queries fetches its share of the lines.
        const char *next = (const char *)(items + step * dimensions * T);
        const size_t share = (dimensions * T * sizeof(float) / 64 + query_tiles - 1) / query_tiles;
        for (size_t group = 0; group < query_tiles; group++) {
            const float *queries = block->packed_queries + group * dimensions * ROWS;
            for (size_t line = 0; line < share; line++, next += 64) __builtin_prefetch(next);
            NAME(vector) sums[ROWS][VECTORS];
            for (int r = 0; r < ROWS; r++)
                for (int v = 0; v < VECTORS; v++) sums[r][v] = (NAME(vector)){0};
#pragma clang loop unroll_count(8)
            for (size_t d = 0; d < dimensions; d++) {
                NAME(vector) item[VECTORS];
                for (int v = 0; v < VECTORS; v++) item[v] = *(const NAME(vector) *)(items + d * T + v * LANES);
                for (int r = 0; r < ROWS; r++) {
                    const float query = queries[d * ROWS + r];
                    for (int v = 0; v < VECTORS; v++) sums[r][v] += query * item[v];
                }
            }
            const float *thresholds = block->thresholds + group * ROWS;
            NAME(lanes) any = {0};
            for (int r = 0; r < ROWS; r++) {
                const NAME(vector) threshold = thresholds[r] - (NAME(vector)){0};
                for (int v = 0; v < VECTORS; v++) any |= (NAME(lanes))(sums[r][v] >= threshold);
            }
            if (__builtin_expect(!ANY(any), 1)) continue;
            // Some score passes: only now do the sums go to memory. (The compiler must not keep the comparisons above for
            // use here: they would spill the sums on the way that nearly all tiles take.)
            __asm__ volatile("" : "+r"(thresholds));
            uint32_t passed[ROWS];
            float scores[ROWS][T];
            for (int r = 0; r < ROWS; r++) {
                const NAME(vector) threshold = thresholds[r] - (NAME(vector)){0};
                passed[r] = 0;
                for (int v = 0; v < VECTORS; v++) {
                    passed[r] |= BITS((NAME(lanes))(sums[r][v] >= threshold)) << v * LANES;
                    *(NAME(vector) *)(scores[r] + v * LANES) = sums[r][v];
                }
            }
            for (int r = 0; r < ROWS; r++)
                for (uint32_t bits = passed[r]; bits; bits &= bits - 1) {
                    const int lane = __builtin_ctz(bits);
                    offer(block, group * ROWS + r, tile * T + lane, scores[r][lane]);
                }
        }
    }
}

#undef LANES
#undef VECTORS
#undef ROWS
#undef TARGET
#undef NAME
#undef BITS
#undef ANY
