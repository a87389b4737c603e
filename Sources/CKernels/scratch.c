#include "scratch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct scratch {
    void *memory;
    size_t bytes;
};

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local struct scratch *own = NULL;

static void release(void *value) {
    struct scratch *scratch = value;
    free(scratch->memory);
    free(scratch);
}

static void make_key(void) {
    if (pthread_key_create(&key, release)) abort();
}

void *martlet_thread_scratch(size_t bytes) {
    if (own && own->bytes >= bytes) return own->memory;
    if (!own) {
        pthread_once(&once, make_key);
        own = calloc(1, sizeof *own);
        if (!own || pthread_setspecific(key, own)) abort();
    }
    free(own->memory);
    own->bytes = (bytes + 4095) / 4096 * 4096;
    if (posix_memalign(&own->memory, 64, own->bytes)) {
        fputs("martlet: out of memory\n", stderr);
        abort();
    }
    return own->memory;
}
