/*
 * Stands for power loss. Preloaded into a process, it keeps a shadow of one directory that holds what a disk would hold
 * if the power failed now: names appear, move and vanish at once (the least kind order a file system may choose), but
 * what is written into a file, and the file's length, arrive only at fsync or fdatasync of that file.
 *
 *   PILOTLIGHT_POWER_LOSS_DIRECTORY  the directory, as the process opens files in it (an absolute path)
 *   PILOTLIGHT_POWER_LOSS_SHADOW     where the shadow is kept; made by the caller, empty
 *
 * After kill -9 the test goes on with the shadow in place of the directory. Files of subdirectories are not followed,
 * nor are writes by mmap (SQLite's -shm index is the only such file; it is rebuilt after every crash and left out here).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* Off by default in the headers' 64-bit mapping; both names are exported below. */
#undef open
#undef pwrite
#undef ftruncate

#define MAX_RANGES 4096
#define MAX_DESCRIPTORS 65536

struct range {
    off_t start, end;
};

/* A file of the directory that is or was open. */
struct file {
    struct file *next;
    char name[NAME_MAX + 1];
    bool is_unlinked;
    bool size_changed;
    int range_count;
    struct range ranges[MAX_RANGES];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file *files;
static struct file *by_descriptor[MAX_DESCRIPTORS];
static char directory[PATH_MAX], shadow[PATH_MAX];
static size_t directory_length;
static int is_active = -1;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

static bool active(void) {
    if (is_active >= 0) return is_active;
    const char *from = getenv("PILOTLIGHT_POWER_LOSS_DIRECTORY"), *to = getenv("PILOTLIGHT_POWER_LOSS_SHADOW");
    if (from && to && strlen(from) < PATH_MAX && strlen(to) < PATH_MAX - NAME_MAX - 2) {
        strcpy(directory, from);
        strcpy(shadow, to);
        directory_length = strlen(directory);
        is_active = 1;
    } else {
        is_active = 0;
    }
    return is_active;
}

/* The file's name if `path` lies directly in the directory and is followed here. */
static const char *followed(const char *path) {
    if (!path || !active() || strncmp(path, directory, directory_length) || path[directory_length] != '/') return NULL;
    const char *name = path + directory_length + 1;
    size_t length = strlen(name);
    if (!length || length > NAME_MAX || strchr(name, '/')) return NULL;
    if (length > 4 && !strcmp(name + length - 4, "-shm")) return NULL;
    return name;
}

static void shadow_path(char *buffer, const char *name) { snprintf(buffer, PATH_MAX, "%s/%s", shadow, name); }

static struct file *find(const char *name) {
    for (struct file *file = files; file; file = file->next)
        if (!file->is_unlinked && !strcmp(file->name, name)) return file;
    return NULL;
}

static void copy_range(int from, int to, off_t start, off_t end) {
    char buffer[65536];
    while (start < end) {
        size_t want = (size_t)(end - start) < sizeof buffer ? (size_t)(end - start) : sizeof buffer;
        ssize_t got = pread(from, buffer, want, start);
        if (got <= 0) return;
        if (REAL(pwrite)(to, buffer, (size_t)got, start) != got) abort();
        start += got;
    }
}

/* A file that was opened: what it holds already is taken to be on disk, and a new one is there with no content. */
static void opened(int descriptor, const char *path, int flags, bool was_there) {
    const char *name = followed(path);
    if (!name || descriptor < 0 || descriptor >= MAX_DESCRIPTORS) return;
    struct stat status;
    if (fstat(descriptor, &status) || !S_ISREG(status.st_mode)) return;
    struct file *file = find(name);
    if (!file) {
        file = calloc(1, sizeof *file);
        if (!file) abort();
        strcpy(file->name, name);
        file->next = files;
        files = file;
        char target[PATH_MAX];
        shadow_path(target, name);
        if (access(target, F_OK)) {
            int to = REAL(open)(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
            if (to < 0) abort();
            if (was_there && !(flags & O_TRUNC)) {
                int from = REAL(open)(path, O_RDONLY | O_CLOEXEC);
                if (from >= 0) {
                    copy_range(from, to, 0, status.st_size);
                    REAL(close)(from);
                }
            }
            REAL(close)(to);
        }
    }
    if (flags & O_TRUNC) {
        file->size_changed = true;
        file->range_count = 0;
    }
    by_descriptor[descriptor] = file;
}

static struct file *of_descriptor(int descriptor) {
    if (descriptor < 0 || descriptor >= MAX_DESCRIPTORS) return NULL;
    return by_descriptor[descriptor];
}

static void wrote(struct file *file, off_t start, off_t count) {
    if (count <= 0) return;
    off_t end = start + count;
    for (int i = file->range_count - 1; i >= 0; i--) {
        struct range *range = &file->ranges[i];
        if (start > range->end || end < range->start) continue;
        if (start < range->start) range->start = start;
        if (end > range->end) range->end = end;
        return;
    }
    if (file->range_count == MAX_RANGES) {
        /* Too scattered: one range around everything. It may bring unsynced neighbours only at this file's own sync. */
        struct range all = file->ranges[0];
        for (int i = 1; i < MAX_RANGES; i++) {
            if (file->ranges[i].start < all.start) all.start = file->ranges[i].start;
            if (file->ranges[i].end > all.end) all.end = file->ranges[i].end;
        }
        if (start < all.start) all.start = start;
        if (end > all.end) all.end = end;
        file->ranges[0] = all;
        file->range_count = 1;
        return;
    }
    file->ranges[file->range_count++] = (struct range){start, end};
}

static void synced(int descriptor, struct file *file) {
    if (file->is_unlinked || (!file->range_count && !file->size_changed)) return;
    char path[PATH_MAX], target[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, file->name);
    shadow_path(target, file->name);
    int from = REAL(open)(path, O_RDONLY | O_CLOEXEC), to = REAL(open)(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (to < 0) abort();
    if (from >= 0) {
        struct stat status;
        if (fstat(descriptor, &status)) abort();
        for (int i = 0; i < file->range_count; i++) copy_range(from, to, file->ranges[i].start, file->ranges[i].end);
        if (REAL(ftruncate)(to, status.st_size)) abort();
        REAL(close)(from);
    }
    REAL(close)(to);
    file->range_count = 0;
    file->size_changed = false;
}

/* ---- opening and closing ---- */

static int open_through(int (*function)(const char *, int, ...), const char *path, int flags, mode_t mode) {
    if (!followed(path)) return function(path, flags, mode);
    pthread_mutex_lock(&lock);
    bool was_there = !access(path, F_OK);
    int descriptor = function(path, flags, mode);
    int error = errno;
    opened(descriptor, path, flags, was_there);
    pthread_mutex_unlock(&lock);
    errno = error;
    return descriptor;
}

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
    return open_through(REAL(open), path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_through(REAL(open64), path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    if (followed(path)) return open_through(REAL(open), path, flags, mode);
    return REAL(openat)(at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    if (followed(path)) return open_through(REAL(open64), path, flags, mode);
    return REAL(openat64)(at, path, flags, mode);
}

int creat(const char *path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int descriptor) {
    if (of_descriptor(descriptor)) {
        pthread_mutex_lock(&lock);
        by_descriptor[descriptor] = NULL;
        pthread_mutex_unlock(&lock);
    }
    return REAL(close)(descriptor);
}

/* ---- writing ---- */

static ssize_t note(int descriptor, off_t start, ssize_t count) {
    int error = errno;
    pthread_mutex_lock(&lock);
    struct file *file = of_descriptor(descriptor);
    if (file) wrote(file, start, count);
    pthread_mutex_unlock(&lock);
    errno = error;
    return count;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t start) {
    ssize_t done = REAL(pwrite)(descriptor, bytes, count, start);
    return of_descriptor(descriptor) ? note(descriptor, start, done) : done;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t start) {
    ssize_t done = REAL(pwrite64)(descriptor, bytes, count, start);
    return of_descriptor(descriptor) ? note(descriptor, start, done) : done;
}

static ssize_t note_sequential(int descriptor, ssize_t done) {
    if (done <= 0 || !of_descriptor(descriptor)) return done;
    return note(descriptor, lseek(descriptor, 0, SEEK_CUR) - done, done);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    return note_sequential(descriptor, REAL(write)(descriptor, bytes, count));
}

ssize_t writev(int descriptor, const struct iovec *vector, int count) {
    return note_sequential(descriptor, REAL(writev)(descriptor, vector, count));
}

ssize_t pwritev(int descriptor, const struct iovec *vector, int count, off_t start) {
    ssize_t done = REAL(pwritev)(descriptor, vector, count, start);
    return of_descriptor(descriptor) ? note(descriptor, start, done) : done;
}

static int note_size(int descriptor, int result) {
    if (result == 0 && of_descriptor(descriptor)) {
        pthread_mutex_lock(&lock);
        struct file *file = of_descriptor(descriptor);
        if (file) file->size_changed = true;
        pthread_mutex_unlock(&lock);
    }
    return result;
}

int ftruncate(int descriptor, off_t length) { return note_size(descriptor, REAL(ftruncate)(descriptor, length)); }
int ftruncate64(int descriptor, off_t length) { return note_size(descriptor, REAL(ftruncate64)(descriptor, length)); }

int posix_fallocate(int descriptor, off_t start, off_t length) {
    return note_size(descriptor, REAL(posix_fallocate)(descriptor, start, length));
}

int posix_fallocate64(int descriptor, off_t start, off_t length) {
    return note_size(descriptor, REAL(posix_fallocate64)(descriptor, start, length));
}

/* ---- syncing ---- */

static int sync_through(int (*function)(int), int descriptor) {
    int result = function(descriptor);
    if (result == 0 && of_descriptor(descriptor)) {
        pthread_mutex_lock(&lock);
        struct file *file = of_descriptor(descriptor);
        if (file) synced(descriptor, file);
        pthread_mutex_unlock(&lock);
    }
    return result;
}

int fsync(int descriptor) { return sync_through(REAL(fsync), descriptor); }
int fdatasync(int descriptor) { return sync_through(REAL(fdatasync), descriptor); }

/* ---- names ---- */

static void forget(const char *name) {
    struct file *file = find(name);
    if (file) file->is_unlinked = true;
    char target[PATH_MAX];
    shadow_path(target, name);
    REAL(unlink)(target);
}

int unlink(const char *path) {
    const char *name = followed(path);
    if (!name) return REAL(unlink)(path);
    pthread_mutex_lock(&lock);
    int result = REAL(unlink)(path), error = errno;
    if (result == 0) forget(name);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int unlinkat(int at, const char *path, int flags) {
    if (followed(path) && !flags) return unlink(path);
    return REAL(unlinkat)(at, path, flags);
}

int rename(const char *from, const char *to) {
    const char *old = followed(from), *new = followed(to);
    if (!old && !new) return REAL(rename)(from, to);
    pthread_mutex_lock(&lock);
    int result = REAL(rename)(from, to), error = errno;
    if (result == 0) {
        if (new) forget(new);
        if (old && new) {
            char source[PATH_MAX], target[PATH_MAX];
            shadow_path(source, old);
            shadow_path(target, new);
            struct file *file = find(old);
            if (file) strcpy(file->name, new);
            REAL(rename)(source, target);
        } else if (old) {
            forget(old);
        }
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int renameat(int old_at, const char *from, int new_at, const char *to) {
    if (followed(from) || followed(to)) return rename(from, to);
    return REAL(renameat)(old_at, from, new_at, to);
}
