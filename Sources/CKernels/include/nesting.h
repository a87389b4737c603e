#pragma once
// How many parallel loops the calling thread is inside of: an inner loop runs on its own thread alone.

/// The depth of the calling thread.
int martlet_parallel_depth(void);
/// Enters (+1) or leaves (−1) a parallel loop on the calling thread.
void martlet_parallel_enter(int by);
