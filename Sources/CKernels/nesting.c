#include "nesting.h"

static _Thread_local int depth = 0;

int martlet_parallel_depth(void) { return depth; }
void martlet_parallel_enter(int by) { depth += by; }
