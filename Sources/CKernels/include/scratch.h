#pragma once
#include <stddef.h>
// Memory that a thread keeps between calls of kernels, so that packing takes none from the system.

/// At least `bytes` bytes, aligned to 64, of the calling thread; what an earlier call returned is void.
void *martlet_thread_scratch(size_t bytes);
