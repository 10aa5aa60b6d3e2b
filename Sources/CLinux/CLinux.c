#define _GNU_SOURCE
#include "CLinux.h"

#include <malloc.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

void pilotlight_name_thread(const char *name) {
    char buffer[16];
    strncpy(buffer, name, sizeof buffer - 1);
    buffer[sizeof buffer - 1] = 0;
    pthread_setname_np(pthread_self(), buffer);
}

int pilotlight_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void pilotlight_trim_memory(void) { malloc_trim(0); }

void pilotlight_keep_little_memory(void) {
    // Set by hand, neither grows any more with what is freed.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 2 << 20);
}
