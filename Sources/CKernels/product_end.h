// Ends what product_tile.h began.
#undef INLINE
#undef UNUSED
#undef VEC
#undef LANE
#undef UNIT
