/*
 * Stands for the moment at which a process dies. Preloaded into one that keeps a store with a write-ahead log, it counts that
 * log's writes, and kills the process (SIGKILL) at a chosen one. A write begins with the first bytes that go into the log
 * and ends with the sync that makes them last: a transaction's commit.
 *
 *   PILOTLIGHT_STORE_KILL_LOG   the log's path, as the process opens it
 *   PILOTLIGHT_STORE_KILL_FILE  three signed numbers of 64 bits in the machine's byte order, which may change while the
 *                               process runs; the file is written in place, never replaced: it stays mapped.
 *                                 0: writes that have ended, counted here
 *                                 1: the write to die at, the first is 1; 0: none
 *                                 2: where in it. 0: before its first byte; 1: when some of it is in the log; 2: after its sync
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

/* Off by default in the headers' 64-bit mapping; both names are exported below. */
#undef open
#undef pwrite

enum { BEFORE, WITHIN, AFTER };

struct order {
    _Atomic int64_t ended, target, place;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct order *order;
static const char *log_path;
/* The log is open once, in the connection that writes; readers' connections only read. */
static _Atomic bool is_log[65536];
/* Bytes went into the log since its last sync. */
static _Atomic bool is_begun;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

static void begin(void) {
    const char *path = getenv("PILOTLIGHT_STORE_KILL_FILE"), *log = getenv("PILOTLIGHT_STORE_KILL_LOG");
    if (!path || !log) return;
    int descriptor = REAL(open)(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0 || lseek(descriptor, 0, SEEK_END) < (off_t)sizeof *order) {
        fprintf(stderr, "StoreKill: can't read 24 bytes of %s\n", path);
        abort();
    }
    void *mapped = mmap(NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED) abort();
    REAL(close)(descriptor);
    log_path = log;
    order = mapped;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    while (true) pause();
}

/* Whether the write under way, or about to begin, is the one to die at, in this place of it. */
static bool is_at(int64_t place) { return order->place == place && order->target == order->ended + 1; }

static int note(const char *path, int descriptor) {
    pthread_once(&once, begin);
    if (order && descriptor >= 0 && descriptor < 65536 && path && !strcmp(path, log_path)) is_log[descriptor] = true;
    return descriptor;
}

static bool of_log(int descriptor) { return order && descriptor >= 0 && descriptor < 65536 && is_log[descriptor]; }

#define MODE_OF(flags, mode)                                                                                           \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                                                                           \
        va_list arguments;                                                                                             \
        va_start(arguments, flags);                                                                                    \
        mode = va_arg(arguments, mode_t);                                                                              \
        va_end(arguments);                                                                                             \
    }

int open(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return note(path, REAL(open)(path, flags, mode));
}

int open64(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return note(path, REAL(open64)(path, flags, mode));
}

int close(int descriptor) {
    if (of_log(descriptor)) is_log[descriptor] = false;
    return REAL(close)(descriptor);
}

/* Before bytes go into the log. */
static void writing(int descriptor) {
    if (!of_log(descriptor)) return;
    if (!is_begun && is_at(BEFORE)) die();
    is_begun = true;
}

/* After they went. */
static void written(int descriptor) {
    if (of_log(descriptor) && is_at(WITHIN)) die();
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t start) {
    writing(descriptor);
    ssize_t done = REAL(pwrite)(descriptor, bytes, count, start);
    written(descriptor);
    return done;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t start) {
    writing(descriptor);
    ssize_t done = REAL(pwrite64)(descriptor, bytes, count, start);
    written(descriptor);
    return done;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    writing(descriptor);
    ssize_t done = REAL(write)(descriptor, bytes, count);
    written(descriptor);
    return done;
}

/* A sync of the log without bytes before it ends no write: nothing would be lost with it. */
static int synced(int descriptor, int result) {
    int error = errno;
    if (of_log(descriptor) && is_begun) {
        if (is_at(AFTER)) die();
        is_begun = false;
        order->ended++;
    }
    errno = error;
    return result;
}

int fsync(int descriptor) { return synced(descriptor, REAL(fsync)(descriptor)); }
int fdatasync(int descriptor) { return synced(descriptor, REAL(fdatasync)(descriptor)); }
