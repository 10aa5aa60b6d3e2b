/*
 * Stands for a machine whose clock is wrong. Preloaded into a process, it moves what that process is told of the time of day,
 * by an offset that may change while the process runs.
 *
 *   PILOTLIGHT_CLOCK_OFFSET_FILE  holds the offset: a signed number of 64 bits in the machine's byte order, milliseconds;
 *                                 positive: the clock is ahead. Written in place, never replaced: the file stays mapped.
 *
 * Clocks that count from the machine's start, and waits until a time of day, are left alone: the kernel's clock isn't moved.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int (*real_clock_gettime)(clockid_t, struct timespec *);
static const volatile int64_t *offset;

static void fail(const char *what, const char *path) {
    fprintf(stderr, "ClockOffset: can't %s %s\n", what, path);
    abort();
}

static void begin(void) {
    real_clock_gettime = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    if (!real_clock_gettime) abort();
    const char *path = getenv("PILOTLIGHT_CLOCK_OFFSET_FILE");
    if (!path) return;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) fail("open", path);
    if (lseek(descriptor, 0, SEEK_END) < (off_t)sizeof *offset) fail("read 8 bytes of", path);
    void *mapped = mmap(NULL, sizeof *offset, PROT_READ, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED) fail("map", path);
    close(descriptor);
    offset = mapped;
}

static int read_clock(clockid_t clock, struct timespec *time) {
    pthread_once(&once, begin);
    int result = real_clock_gettime(clock, time);
    if (result != 0 || !offset || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
    int64_t milliseconds = *offset;
    time->tv_sec += milliseconds / 1000;
    time->tv_nsec += milliseconds % 1000 * 1000000;
    if (time->tv_nsec >= 1000000000) {
        time->tv_nsec -= 1000000000;
        time->tv_sec += 1;
    } else if (time->tv_nsec < 0) {
        time->tv_nsec += 1000000000;
        time->tv_sec -= 1;
    }
    return 0;
}

int clock_gettime(clockid_t clock, struct timespec *time) { return read_clock(clock, time); }

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    struct timespec now;
    int result = read_clock(CLOCK_REALTIME, &now);
    if (result == 0) {
        time->tv_sec = now.tv_sec;
        time->tv_usec = now.tv_nsec / 1000;
    }
    return result;
}

time_t time(time_t *result) {
    struct timespec now;
    if (read_clock(CLOCK_REALTIME, &now) != 0) return (time_t)-1;
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
