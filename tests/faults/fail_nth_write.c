/* Loaded before libc (LD_PRELOAD): lets the n-th call fail that would change something below a folder.
   Also what happens in C, as SQLite's and safetensors' writes do. It counts only between arm() and disarm(). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define KINDS 6
enum { WRITE, SYNC, RENAME, OPEN, MKDIR, TRUNCATE };

static int armed, nth, code, lasting, counted, fired;
static int seen[KINDS];

void arm(int n, int error, int go_on) { nth = n; code = error; lasting = go_on; counted = fired = 0; armed = 1; }
int disarm(void) { armed = 0; return fired; }
int calls(int kind) { return seen[kind]; }

static int below(const char *path) {
    const char *root = getenv("FAIL_BELOW");
    size_t length = root ? strlen(root) : 0;
    return length && !strncmp(path, root, length) && (path[length] == '/' || path[length] == 0);
}

static int below_at(int folder, const char *path) {
    char name[64], found[PATH_MAX];
    if (path[0] == '/') return below(path);
    if (folder == AT_FDCWD) return 0;
    snprintf(name, sizeof name, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(name, found, sizeof found - 1);
    if (length < 0) return 0;
    found[length] = 0;
    return below(found);
}

static int fails(int kind, int is_below) {
    if (!armed || !is_below) return 0;
    seen[kind]++;
    int now = ++counted;
    if (now != nth && !(lasting && now > nth)) return 0;
    fired++;
    errno = code;
    return 1;
}

static int file_fails(int kind, int file) { return armed && fails(kind, below_at(file, "")); }

#define ON_FILE(type, name, kind, parameters, arguments) \
    type name parameters { return file_fails(kind, file) ? (type)-1 : REAL(name) arguments; }

/* Half of what is to be written gets there, as when the disk fills within it. */
#define TORN(name, parameters, half, arguments) \
    ssize_t name parameters { \
        if (!file_fails(WRITE, file)) return REAL(name) arguments; \
        if (REAL(name) half < 0) { /* as it may */ } \
        errno = code; \
        return -1; \
    }

TORN(write, (int file, const void *data, size_t size), (file, data, size / 2), (file, data, size))
TORN(pwrite, (int file, const void *data, size_t size, off_t at), (file, data, size / 2, at), (file, data, size, at))
TORN(pwrite64, (int file, const void *data, size_t size, off64_t at), (file, data, size / 2, at), (file, data, size, at))
ON_FILE(ssize_t, writev, WRITE, (int file, const struct iovec *parts, int count), (file, parts, count))
ON_FILE(ssize_t, sendfile, WRITE, (int file, int from, off_t *at, size_t size), (file, from, at, size))
ON_FILE(ssize_t, sendfile64, WRITE, (int file, int from, off64_t *at, size_t size), (file, from, at, size))
ON_FILE(int, fsync, SYNC, (int file), (file))
ON_FILE(int, fdatasync, SYNC, (int file), (file))
ON_FILE(int, ftruncate, TRUNCATE, (int file, off_t size), (file, size))
ON_FILE(int, ftruncate64, TRUNCATE, (int file, off64_t size), (file, size))

#define ON_PATH(name, kind, parameters, arguments) \
    int name parameters { return fails(kind, below(path)) ? -1 : REAL(name) arguments; }

ON_PATH(truncate, TRUNCATE, (const char *path, off_t size), (path, size))
ON_PATH(truncate64, TRUNCATE, (const char *path, off64_t size), (path, size))
ON_PATH(mkdir, MKDIR, (const char *path, mode_t mode), (path, mode))
ON_PATH(rename, RENAME, (const char *path, const char *to), (path, to))

int mkdirat(int folder, const char *path, mode_t mode) {
    return fails(MKDIR, below_at(folder, path)) ? -1 : REAL(mkdirat)(folder, path, mode);
}
int renameat(int folder, const char *path, int other, const char *to) {
    return fails(RENAME, below_at(folder, path)) ? -1 : REAL(renameat)(folder, path, other, to);
}
int symlink(const char *target, const char *path) {
    return fails(RENAME, below(path)) ? -1 : REAL(symlink)(target, path);
}

#define CHANGES(flags) ((flags) & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC))
#define OPENS(name, first, parameters, folder, arguments) \
    int name parameters { \
        mode_t mode = 0; \
        if (flags & (O_CREAT | __O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); } \
        return CHANGES(flags) && fails(OPEN, below_at(folder, path)) ? -1 : REAL(name) arguments; \
    }

OPENS(open, path, (const char *path, int flags, ...), AT_FDCWD, (path, flags, mode))
OPENS(open64, path, (const char *path, int flags, ...), AT_FDCWD, (path, flags, mode))
OPENS(openat, folder, (int folder, const char *path, int flags, ...), folder, (folder, path, flags, mode))
OPENS(openat64, folder, (int folder, const char *path, int flags, ...), folder, (folder, path, flags, mode))
