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

TARGET static void NAME(scan)(struct block *block) {
    enum { T = LANES * VECTORS };
    const size_t dimensions = block->dimensions, query_tiles = (block->query_count + ROWS - 1) / ROWS;
    const size_t item_tiles = (block->slots + T - 1) / T;
    for (size_t tile = 0; tile < item_tiles; tile++) {
        const float *items = block->packed_items + tile * dimensions * T;
        for (size_t group = 0; group < query_tiles; group++) {
            const float *queries = block->packed_queries + group * dimensions * ROWS;
            NAME(vector) sums[ROWS][VECTORS];
            for (int r = 0; r < ROWS; r++)
                for (int v = 0; v < VECTORS; v++) sums[r][v] = (NAME(vector)){0};
            for (size_t d = 0; d < dimensions; d++) {
                NAME(vector) item[VECTORS];
                for (int v = 0; v < VECTORS; v++)
                    item[v] = *(const NAME(vector) *)(items + d * T + v * LANES);
                for (int r = 0; r < ROWS; r++) {
                    const float query = queries[d * ROWS + r];
                    for (int v = 0; v < VECTORS; v++) sums[r][v] += query * item[v];
                }
            }
            const float *thresholds = block->thresholds + group * ROWS;
            NAME(lanes) any = {0};
            for (int r = 0; r < ROWS; r++) {
                const NAME(vector) threshold = thresholds[r] - (NAME(vector)){0};
                for (int v = 0; v < VECTORS; v++) any |= (NAME(lanes))(sums[r][v] > threshold);
            }
            if (__builtin_expect(!ANY(any), 1)) continue;
            // Some score passes: only now do the sums go to memory.
            float scores[ROWS][T];
            for (int r = 0; r < ROWS; r++)
                for (int v = 0; v < VECTORS; v++) *(NAME(vector) *)(scores[r] + v * LANES) = sums[r][v];
            for (int r = 0; r < ROWS; r++) {
                const NAME(vector) threshold = thresholds[r] - (NAME(vector)){0};
                for (int v = 0; v < VECTORS; v++) {
                    const NAME(vector) row = *(const NAME(vector) *)(scores[r] + v * LANES);
                    uint32_t passed = BITS((NAME(lanes))(row > threshold));
                    for (; passed; passed &= passed - 1) {
                        const int lane = v * LANES + __builtin_ctz(passed);
                        offer(block, group * ROWS + r, tile * T + lane, scores[r][lane]);
                    }
                }
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
