/* A disk and a clock that can fail, put under an unchanged program by LD_PRELOAD. No root, no kernel module.
 *
 *   FAULT_FILES=TEXT  acts on regular files whose path contains TEXT, and on nothing else
 *   FAULT_LOG=PATH    appends every change of those files to a log, in order and with the bytes (see replay.py)
 *   FAULT_FULL=PATH   while this file exists, what would write to them fails with ENOSPC; if it says `grow`, only what
 *                     would make a file longer fails, as on a file system that overwrites in place
 *   FAULT_CLOCK=PATH  a file with a number of seconds by which the wall clock runs ahead; the monotonic one does not
 *
 * What is logged and when: a write after it was done, a sync twice, before it begins and after it ended. A write counts as
 * on the disk only if it stands in the log before the beginning of a sync whose end is there as well. A write that another
 * thread made while a sync was under way may have missed it, and one record per sync could not tell.
 *
 * What it cannot replay (vectored writes, shared mappings, renames, reserved space, links) is logged as unknown, and the
 * replay then refuses the log instead of checking images that never were. A file ending in -shm is left out of the log:
 * SQLite maps it and builds it anew after a crash. Statically linked programs and io_uring are not seen.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* One record: this head, then the path, then the bytes of a write. Little-endian, as every machine this runs on. */
struct __attribute__((packed)) head {
    uint8_t kind;     /* W write, T truncate, B sync begins, E sync ended, U unlink, X unknown */
    uint16_t path;    /* bytes of the path */
    uint64_t at;      /* W offset, T new length, B and E number of the sync */
    uint32_t bytes;   /* bytes of a write */
};

static const char *files, *log_path, *full_path, *clock_path;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static int log_file = -1;
static uint64_t syncs;

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static void begin(void) {
    files = setting("FAULT_FILES");
    log_path = setting("FAULT_LOG");
    full_path = setting("FAULT_FULL");
    clock_path = setting("FAULT_CLOCK");
    if (log_path)
        log_file = (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_path && log_file < 0) {
        static const char text[] = "fault shim: the log cannot be opened\n";
        syscall(SYS_write, 2, text, sizeof text - 1);
        _exit(70);
    }
}

/* The next definition of a function, looked up at its first use. */
#define NEXT(name) \
    static __typeof__(&name) next; \
    if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

struct file {
    char path[1024];
    off_t length;
};

static int ends_with(const char *text, const char *end) {
    size_t a = strlen(text), b = strlen(end);
    return a >= b && memcmp(text + a - b, end, b) == 0;
}

/* Whether the descriptor is one of the watched files. Sockets and pipes are sorted out before the link is read. */
static int watched(int descriptor, struct file *file) {
    pthread_once(&once, begin);
    struct stat about;
    char link[64];
    int kept = errno, hit = 0;
    if (files && fstat(descriptor, &about) == 0 && S_ISREG(about.st_mode)) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
        ssize_t length = readlink(link, file->path, sizeof file->path - 1);
        if (length > 0) {
            file->path[length] = 0;
            file->length = about.st_size;
            hit = strstr(file->path, files) != NULL;
        }
    }
    errno = kept;
    return hit;
}

static int watched_path(const char *path) {
    pthread_once(&once, begin);
    return files && path && strstr(path, files);
}

static void note(char kind, const char *path, uint64_t at, const void *data, size_t length) {
    if (log_file < 0 || ends_with(path, "-shm"))
        return;
    int kept = errno;
    size_t named = strlen(path);
    struct head head = { (uint8_t)kind, (uint16_t)named, at, (uint32_t)length };
    /* The kernel writes an appending writev as one piece, but only the lock makes it the next one in order. */
    struct iovec parts[3] = { { &head, sizeof head }, { (void *)path, named }, { (void *)data, length } };
    ssize_t whole = (ssize_t)(sizeof head + named + length);
    pthread_mutex_lock(&log_lock);
    if (syscall(SYS_writev, log_file, parts, 3) != whole) {
        static const char text[] = "fault shim: the log cannot be written\n";
        syscall(SYS_write, 2, text, sizeof text - 1);
        _exit(70);
    }
    pthread_mutex_unlock(&log_lock);
    errno = kept;
}

/* Whether a write that ends at `end` finds no room. */
static int no_room(const struct file *file, off_t end) {
    if (!full_path)
        return 0;
    int kept = errno, refused = 0;
    long control = syscall(SYS_openat, AT_FDCWD, full_path, O_RDONLY | O_CLOEXEC);
    if (control >= 0) {
        char mode[4] = "";
        long got = syscall(SYS_read, control, mode, sizeof mode);
        refused = got == 4 && memcmp(mode, "grow", 4) == 0 ? end > file->length : 1;
        syscall(SYS_close, control);
    }
    errno = refused ? ENOSPC : kept;
    return refused;
}

#define POSITIONED(name, offset_type) \
    ssize_t name(int descriptor, const void *data, size_t length, offset_type at) { \
        NEXT(name); \
        struct file file; \
        if (!watched(descriptor, &file)) return next(descriptor, data, length, at); \
        if (no_room(&file, (off_t)(at + (offset_type)length))) return -1; \
        ssize_t done = next(descriptor, data, length, at); \
        if (done > 0) note('W', file.path, (uint64_t)at, data, (size_t)done); \
        return done; \
    }
POSITIONED(pwrite, off_t)
POSITIONED(pwrite64, off64_t)

ssize_t write(int descriptor, const void *data, size_t length) {
    NEXT(write);
    struct file file;
    if (!watched(descriptor, &file)) return next(descriptor, data, length);
    if (no_room(&file, lseek(descriptor, 0, SEEK_CUR) + (off_t)length)) return -1;
    ssize_t done = next(descriptor, data, length);
    /* Where it began is known only now: a file opened for appending moves to its end by itself. */
    if (done > 0) note('W', file.path, (uint64_t)(lseek(descriptor, 0, SEEK_CUR) - done), data, (size_t)done);
    return done;
}

#define TRUNCATION(name, offset_type) \
    int name(int descriptor, offset_type length) { \
        NEXT(name); \
        struct file file; \
        if (!watched(descriptor, &file)) return next(descriptor, length); \
        if ((off_t)length > file.length && no_room(&file, (off_t)length)) return -1; \
        int failed = next(descriptor, length); \
        if (!failed) note('T', file.path, (uint64_t)length, NULL, 0); \
        return failed; \
    }
TRUNCATION(ftruncate, off_t)
TRUNCATION(ftruncate64, off64_t)

#define SYNC(name) \
    int name(int descriptor) { \
        NEXT(name); \
        struct file file; \
        if (!watched(descriptor, &file)) return next(descriptor); \
        uint64_t number = __atomic_add_fetch(&syncs, 1, __ATOMIC_SEQ_CST); \
        note('B', file.path, number, NULL, 0); \
        int failed = next(descriptor); \
        if (!failed) note('E', file.path, number, NULL, 0); \
        return failed; \
    }
SYNC(fsync)
SYNC(fdatasync)

int unlink(const char *path) {
    NEXT(unlink);
    int failed = next(path);
    if (!failed && watched_path(path)) note('U', path, 0, NULL, 0);
    return failed;
}

/* From here on: what the replay does not know. */

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    NEXT(writev);
    struct file file;
    if (watched(descriptor, &file)) note('X', file.path, 0, "writev", 6);
    return next(descriptor, parts, count);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t at) {
    NEXT(pwritev);
    struct file file;
    if (watched(descriptor, &file)) note('X', file.path, 0, "pwritev", 7);
    return next(descriptor, parts, count, at);
}

int posix_fallocate(int descriptor, off_t at, off_t length) {
    NEXT(posix_fallocate);
    struct file file;
    if (watched(descriptor, &file)) note('X', file.path, 0, "posix_fallocate", 15);
    return next(descriptor, at, length);
}

int rename(const char *from, const char *to) {
    NEXT(rename);
    int failed = next(from, to);
    if (!failed && (watched_path(from) || watched_path(to))) note('X', to, 0, "rename", 6);
    return failed;
}

static void mapped(int protection, int flags, int descriptor) {
    struct file file;
    if ((protection & PROT_WRITE) && (flags & MAP_SHARED) && descriptor >= 0 && watched(descriptor, &file))
        note('X', file.path, 0, "mmap", 4);
}

void *mmap(void *place, size_t length, int protection, int flags, int descriptor, off_t at) {
    NEXT(mmap);
    mapped(protection, flags, descriptor);
    return next(place, length, protection, flags, descriptor, at);
}

void *mmap64(void *place, size_t length, int protection, int flags, int descriptor, off64_t at) {
    NEXT(mmap64);
    mapped(protection, flags, descriptor);
    return next(place, length, protection, flags, descriptor, at);
}

/* The clock. */

static long ahead(void) {
    pthread_once(&once, begin);
    if (!clock_path)
        return 0;
    char text[24] = "";
    int kept = errno;
    long seconds = 0, from = syscall(SYS_openat, AT_FDCWD, clock_path, O_RDONLY | O_CLOEXEC);
    if (from >= 0) {
        if (syscall(SYS_read, from, text, sizeof text - 1) > 0)
            seconds = atol(text);
        syscall(SYS_close, from);
    }
    errno = kept;
    return seconds;
}

int clock_gettime(clockid_t which, struct timespec *now) {
    NEXT(clock_gettime);
    int failed = next(which, now);
    if (!failed && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        now->tv_sec += ahead();
    return failed;
}

int gettimeofday(struct timeval *now, void *zone) {
    NEXT(gettimeofday);
    int failed = next(now, zone);
    if (!failed)
        now->tv_sec += ahead();
    return failed;
}

time_t time(time_t *place) {
    struct timespec now = { 0, 0 };
    clock_gettime(CLOCK_REALTIME, &now);
    if (place)
        *place = now.tv_sec;
    return now.tv_sec;
}
