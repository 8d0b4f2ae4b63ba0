/*
 * Counts the file operations of one program inside one folder, and at the n-th kills the program or fails the call. To be preloaded
 * (LD_PRELOAD); SQLite's calls go through libc too, so they are among them. Knows nothing of the program.
 *
 *   FAULT_ROOT    only paths below this folder count
 *   FAULT_AT      the number of the operation, from 1; 0 for none
 *   FAULT_ACTION  kill: before the call · torn: half of a write, then kill · ENOSPC, EIO, EROFS, EACCES, EMFILE: the call fails
 *   FAULT_STICKY  1: every later operation fails as well, as on a disk that stays full
 *   FAULT_TRACE   a file that gets one line an operation
 *
 * What the program starts is left alone: the variables are taken out of its environment at once.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[4096];
static size_t root_length;
static long fault_at;
static int fault_errno; /* 0: kill */
static int torn, sticky;
static int trace = -1;
static long counted;

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)

static int errno_of(const char *name) {
  static const struct { const char *name; int value; } known[] = {
    {"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EROFS", EROFS}, {"EACCES", EACCES}, {"EMFILE", EMFILE}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) if (!strcmp(name, known[i].name)) return known[i].value;
  return 0;
}

__attribute__((constructor)) static void start(void) {
  const char *folder = getenv("FAULT_ROOT"), *at = getenv("FAULT_AT"), *action = getenv("FAULT_ACTION");
  const char *file = getenv("FAULT_TRACE"), *stays = getenv("FAULT_STICKY");
  if (!folder || !realpath(folder, root)) return;
  fault_at = at ? atol(at) : 0;
  torn = action && !strcmp(action, "torn");
  fault_errno = action ? errno_of(action) : 0;
  sticky = stays && *stays == '1';
  if (file) trace = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  root_length = strlen(root);
  unsetenv("LD_PRELOAD");
  unsetenv("FAULT_ROOT");
}

static int inside(const char *path) {
  if (!root_length || !path) return 0;
  char whole[8192];
  if (*path != '/') {
    if (!getcwd(whole, sizeof whole / 2)) return 0;
    strcat(whole, "/");
    strncat(whole, path, sizeof whole / 2 - 1);
    path = whole;
  }
  return !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

static const char *name_of(int fd, char *buffer, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, buffer, size - 1);
  if (length < 0) return NULL;
  buffer[length] = 0;
  return buffer;
}

/* True: the call is to fail, and errno is set. `half` is set where a write is to be torn. */
static int fault(const char *operation, const char *path, int *half) {
  if (!inside(path)) return 0;
  int before = errno;
  long number = __atomic_add_fetch(&counted, 1, __ATOMIC_SEQ_CST);
  if (trace >= 0) dprintf(trace, "%ld %s %s\n", number, operation, path + root_length);
  errno = before;
  int due = fault_at && (number == fault_at || (sticky && number > fault_at));
  if (!due) return 0;
  if (fault_errno) { errno = fault_errno; return 1; }
  if (torn && half) { *half = 1; return 0; }
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static int fault_fd(const char *operation, int fd, int *half) {
  char buffer[4096];
  const char *name = root_length ? name_of(fd, buffer, sizeof buffer) : NULL;
  return name && *name == '/' && fault(operation, name, half);
}

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

static const char *kind_of(int flags) {
  return flags & O_CREAT ? "create" : (flags & O_ACCMODE) == O_RDONLY ? "open-read" : "open";
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, #name, const char *, int, ...); \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); } \
    if (fault(kind_of(flags), path, NULL)) return -1; \
    return real(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
  int name(int folder, const char *path, int flags, ...) { \
    REAL(int, #name, int, const char *, int, ...); \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); } \
    if (*path == '/' && fault(kind_of(flags), path, NULL)) return -1; \
    return real(folder, path, flags, mode); \
  }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t);
  int half = 0;
  if (fault_fd("write", fd, &half)) return -1;
  if (half) { real(fd, bytes, size / 2); die(); }
  return real(fd, bytes, size);
}

#define PWRITE(name, offset_type) \
  ssize_t name(int fd, const void *bytes, size_t size, offset_type at) { \
    REAL(ssize_t, #name, int, const void *, size_t, offset_type); \
    int half = 0; \
    if (fault_fd("write", fd, &half)) return -1; \
    if (half) { real(fd, bytes, size / 2, at); die(); } \
    return real(fd, bytes, size, at); \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  if (fault_fd("write", fd, NULL)) return -1;
  return real(fd, parts, count);
}

#define OF_FD(name, label) \
  int name(int fd) { REAL(int, #name, int); if (fault_fd(label, fd, NULL)) return -1; return real(fd); }
OF_FD(fsync, "fsync")
OF_FD(fdatasync, "fsync")

#define TRUNCATE(name, offset_type) \
  int name(int fd, offset_type size) { REAL(int, #name, int, offset_type); if (fault_fd("truncate", fd, NULL)) return -1; return real(fd, size); }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int fchmod(int fd, mode_t mode) { REAL(int, "fchmod", int, mode_t); if (fault_fd("chmod", fd, NULL)) return -1; return real(fd, mode); }

#define OF_PATH(name, label) \
  int name(const char *path) { REAL(int, #name, const char *); if (fault(label, path, NULL)) return -1; return real(path); }
OF_PATH(unlink, "unlink")
OF_PATH(rmdir, "rmdir")
OF_PATH(remove, "unlink")

int unlinkat(int folder, const char *path, int flags) {
  REAL(int, "unlinkat", int, const char *, int);
  if (*path == '/' && fault("unlink", path, NULL)) return -1;
  return real(folder, path, flags);
}

int mkdir(const char *path, mode_t mode) { REAL(int, "mkdir", const char *, mode_t); if (fault("mkdir", path, NULL)) return -1; return real(path, mode); }

#define OF_TWO(name, label) \
  int name(const char *from, const char *to) { REAL(int, #name, const char *, const char *); if (fault(label, to, NULL)) return -1; return real(from, to); }
OF_TWO(rename, "rename")
OF_TWO(link, "link")

int renameat2(int folder, const char *from, int other, const char *to, unsigned flags) {
  REAL(int, "renameat2", int, const char *, int, const char *, unsigned);
  if (fault(flags & 2 ? "exchange" : "rename", to, NULL)) return -1;
  return real(folder, from, other, to, flags);
}
