/* Makes the disk, the memory and the clock of a program fail, from outside: cc -shared -fPIC, then LD_PRELOAD.
 *
 * FAULT_FOLDERS  folders, separated by ':': calls on what lies below them are counted, from 1.
 * FAULT_COUNT    a file that gets the number of counted calls at the end.
 * FAULT_AT       the call that fails, once. FAULT_ERRNO: how (5 EIO, 28 ENOSPC, 12 ENOMEM).
 * FAULT_KIND     "error": the call fails. "short": a write writes half of it. "power": the machine stops before the call:
 *                each file that was not synced keeps its changes or loses them, by FAULT_SEED, and so does each rename,
 *                new file and removal whose folder was not synced.
 * CLOCK_OFFSET   seconds that clocks are ahead.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
enum { MOST = 4096 };

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static __thread int inside;
static long calls;
static unsigned seed;

/* What a file or a name was when it was last synced: undone where the power goes. */
struct change {
    enum { CONTENT, NAME } kind;
    char path[PATH_MAX];   /* the file, or the name that appeared */
    char before[PATH_MAX]; /* a copy of what it was; empty where there was nothing */
    char from[PATH_MAX];   /* for a rename: where it came from */
};
static struct change *changes;
static int number_of_changes;

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int is_ours(const char *path) {
    const char *folders = setting("FAULT_FOLDERS");
    if (!folders || !path) return 0;
    for (const char *folder = folders; folder;) {
        const char *end = strchr(folder, ':');
        size_t length = end ? (size_t)(end - folder) : strlen(folder);
        if (!strncmp(path, folder, length) && (path[length] == '/' || !path[length])) return 1;
        folder = end ? end + 1 : NULL;
    }
    return 0;
}

static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_ours(path);
}

static int absolute(int dir, const char *name, char *path) {
    if (name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
    } else if (dir == AT_FDCWD) {
        if (!getcwd(path, PATH_MAX)) return 0;
        strncat(path, "/", PATH_MAX - strlen(path) - 1);
        strncat(path, name, PATH_MAX - strlen(path) - 1);
    } else {
        char folder[PATH_MAX];
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
        ssize_t length = readlink(link, folder, sizeof folder - 1);
        if (length < 0) return 0;
        folder[length] = 0;
        snprintf(path, PATH_MAX, "%.2000s/%.2000s", folder, name);
    }
    return is_ours(path);
}

static int copy(const char *from, const char *to) {
    int in = REAL(open)(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) return -1;
    int out = REAL(open)(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char bytes[65536];
    ssize_t length;
    while (out >= 0 && (length = REAL(read)(in, bytes, sizeof bytes)) > 0)
        if (REAL(write)(out, bytes, length) != length) break;
    close(in);
    if (out >= 0) close(out);
    return out < 0 ? -1 : 0;
}

static int is_power(void) {
    const char *kind = setting("FAULT_KIND");
    return kind && !strcmp(kind, "power");
}

static struct change *remember(int kind, const char *path) {
    if (!is_power() || number_of_changes == MOST) return NULL;
    if (!changes) changes = calloc(MOST, sizeof *changes);
    for (int i = 0; kind == CONTENT && i < number_of_changes; i++)
        if (changes[i].kind == CONTENT && !strcmp(changes[i].path, path)) return NULL;
    struct change *change = &changes[number_of_changes++];
    memset(change, 0, sizeof *change);
    change->kind = kind;
    snprintf(change->path, PATH_MAX, "%s", path);
    struct stat found;
    if (!stat(path, &found) && S_ISREG(found.st_mode)) {
        static int copies;
        snprintf(change->before, PATH_MAX, "%s/before-%d", setting("FAULT_SHADOW"), copies++);
        if (copy(path, change->before)) change->before[0] = 0;
    }
    return change;
}

static void forget(int is_folder, const char *path) {
    int kept = 0;
    size_t length = strlen(path);
    for (int i = 0; i < number_of_changes; i++) {
        struct change *change = &changes[i];
        const char *slash = strrchr(change->path, '/');
        int is_in = change->kind == NAME && slash && (size_t)(slash - change->path) == length &&
                    !strncmp(change->path, path, length);
        int is_it = change->kind == CONTENT && !strcmp(change->path, path);
        if (is_folder ? !is_in : !is_it) changes[kept++] = *change;
    }
    number_of_changes = kept;
}

static void lose_power(void) {
    /* The newest first, so that a name is back before what was under it. */
    for (int i = number_of_changes - 1; i >= 0; i--) {
        struct change *change = &changes[i];
        if (rand_r(&seed) % 2) continue;
        if (change->from[0]) REAL(rename)(change->path, change->from);
        if (change->before[0])
            copy(change->before, change->path);
        else if (change->kind == NAME && !change->from[0])
            REAL(unlink)(change->path);
        else if (change->kind == CONTENT)
            if (truncate(change->path, 0)) {}
    }
    _exit(137);
}

/* Counts a call; 1 where it is to fail. */
static int fails(void) {
    static long at = -1;
    pthread_mutex_lock(&lock);
    if (at < 0) {
        at = setting("FAULT_AT") ? atol(setting("FAULT_AT")) : 0;
        seed = setting("FAULT_SEED") ? (unsigned)atol(setting("FAULT_SEED")) : 1;
    }
    int is_it = ++calls == at;
    if (is_it && is_power()) lose_power();
    pthread_mutex_unlock(&lock);
    if (is_it) errno = setting("FAULT_ERRNO") ? atoi(setting("FAULT_ERRNO")) : EIO;
    return is_it;
}

__attribute__((destructor)) static void tell(void) {
    const char *path = setting("FAULT_COUNT");
    if (!path) return;
    FILE *file = fopen(path, "w");
    if (!file) return;
    fprintf(file, "%ld\n", calls);
    fclose(file);
}

#define ON_FD(fd, path) char path[PATH_MAX]; int is_counted = !inside && path_of(fd, path)
#define BEGIN inside = 1
#define END inside = 0

static int half(size_t *length) {
    const char *kind = setting("FAULT_KIND");
    if (!kind || strcmp(kind, "short") || *length < 2) return 0;
    *length /= 2;
    return 1;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    ON_FD(fd, path);
    if (is_counted) {
        BEGIN;
        if (fails() && !half(&length)) { END; return -1; }
        remember(CONTENT, path);
        END;
    }
    return REAL(write)(fd, bytes, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
    ON_FD(fd, path);
    if (is_counted) {
        BEGIN;
        if (fails() && !half(&length)) { END; return -1; }
        remember(CONTENT, path);
        END;
    }
    return REAL(pwrite64)(fd, bytes, length, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }

ssize_t writev(int fd, const struct iovec *parts, int number) {
    ON_FD(fd, path);
    if (is_counted) {
        BEGIN;
        if (fails()) { END; return -1; }
        remember(CONTENT, path);
        END;
    }
    return REAL(writev)(fd, parts, number);
}

ssize_t read(int fd, void *bytes, size_t length) {
    ON_FD(fd, path);
    if (is_counted && fails()) return -1;
    return REAL(read)(fd, bytes, length);
}

ssize_t pread64(int fd, void *bytes, size_t length, off64_t at) {
    ON_FD(fd, path);
    if (is_counted && fails()) return -1;
    return REAL(pread64)(fd, bytes, length, at);
}
ssize_t pread(int fd, void *bytes, size_t length, off_t at) { return pread64(fd, bytes, length, at); }

static int synced(int fd, int (*sync)(int)) {
    ON_FD(fd, path);
    if (is_counted && fails()) return -1;
    int done = sync(fd);
    struct stat found;
    if (is_counted && !done && !fstat(fd, &found)) {
        pthread_mutex_lock(&lock);
        forget(S_ISDIR(found.st_mode), path);
        pthread_mutex_unlock(&lock);
    }
    return done;
}
int fsync(int fd) { return synced(fd, REAL(fsync)); }
int fdatasync(int fd) { return synced(fd, REAL(fdatasync)); }

int ftruncate64(int fd, off64_t length) {
    ON_FD(fd, path);
    if (is_counted) {
        BEGIN;
        if (fails()) { END; return -1; }
        remember(CONTENT, path);
        END;
    }
    return REAL(ftruncate64)(fd, length);
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int opened(int dir, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    if (!inside && absolute(dir, name, path)) {
        BEGIN;
        int is_new = (flags & O_CREAT) && access(path, F_OK);
        if (fails()) { END; return -1; }
        if (is_new) remember(NAME, path);
        END;
    }
    return REAL(openat64)(dir, name, flags, mode);
}
#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }
int open(const char *name, int flags, ...) { MODE return opened(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE return opened(AT_FDCWD, name, flags, mode); }
int openat(int dir, const char *name, int flags, ...) { MODE return opened(dir, name, flags, mode); }
int openat64(int dir, const char *name, int flags, ...) { MODE return opened(dir, name, flags, mode); }

static int renamed(int from_dir, const char *from, int to_dir, const char *to) {
    char old[PATH_MAX], new[PATH_MAX];
    if (!inside && absolute(to_dir, to, new) && absolute(from_dir, from, old)) {
        BEGIN;
        if (fails()) { END; return -1; }
        struct change *change = remember(NAME, new);
        if (change) snprintf(change->from, PATH_MAX, "%s", old);
        END;
    }
    return 0;
}
int rename(const char *from, const char *to) {
    return renamed(AT_FDCWD, from, AT_FDCWD, to) ? -1 : REAL(rename)(from, to);
}
int renameat(int from_dir, const char *from, int to_dir, const char *to) {
    return renamed(from_dir, from, to_dir, to) ? -1 : REAL(renameat)(from_dir, from, to_dir, to);
}
int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags) {
    return renamed(from_dir, from, to_dir, to) ? -1 : REAL(renameat2)(from_dir, from, to_dir, to, flags);
}

int mkdir(const char *name, mode_t mode) {
    char path[PATH_MAX];
    if (!inside && absolute(AT_FDCWD, name, path) && fails()) return -1;
    return REAL(mkdir)(name, mode);
}

static int removed(int dir, const char *name) {
    char path[PATH_MAX];
    if (!inside && absolute(dir, name, path)) {
        BEGIN;
        if (fails()) { END; return -1; }
        remember(NAME, path);
        END;
    }
    return 0;
}
int unlink(const char *name) { return removed(AT_FDCWD, name) ? -1 : REAL(unlink)(name); }
int unlinkat(int dir, const char *name, int flags) {
    return removed(dir, name) ? -1 : REAL(unlinkat)(dir, name, flags);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int done = REAL(clock_gettime)(clock, time);
    if (!done && clock == CLOCK_REALTIME && setting("CLOCK_OFFSET")) time->tv_sec += atol(setting("CLOCK_OFFSET"));
    return done;
}
