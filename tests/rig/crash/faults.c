/*
 * Counts the file operations of one program inside one folder, and at the n-th kills the program or fails the call. To be preloaded
 * (LD_PRELOAD); SQLite's calls go through libc too, so they are among them. Knows nothing of the program.
 *
 *   FAULT_ROOT    only paths below this folder count
 *   FAULT_AT      the number of the operation, from 1; 0 for none
 *   FAULT_ACTION  kill: before the call · kill-after: the call, then kill · torn: half of a write, then kill
 *                 ENOSPC, EIO, EROFS, EACCES, EMFILE: the call fails · short-ENOSPC: half of a write succeeds, what follows fails
 *   FAULT_STICKY  1: every later operation fails as well, as on a disk that stays full
 *   FAULT_WITHOUT exchange: as on a system that cannot exchange two files in one step
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
static int torn, after, short_write, sticky, no_exchange;
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
  const char *without = getenv("FAULT_WITHOUT");
  if (!folder || !realpath(folder, root)) return;
  fault_at = at ? atol(at) : 0;
  torn = action && !strcmp(action, "torn");
  after = action && !strcmp(action, "kill-after");
  short_write = action && !strncmp(action, "short-", 6);
  fault_errno = action ? errno_of(short_write ? action + 6 : action) : 0;
  sticky = short_write || (stays && *stays == '1');
  no_exchange = without && !strcmp(without, "exchange");
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

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

/* What is to become of a call. */
enum verdict { GO_ON, FAIL, HALF_THEN_DIE, HALF_ONLY, THEN_DIE };

/* Counts the call and says what is to become of it; kills at once where it is to die before it. With FAIL, errno is set. */
static enum verdict judge(const char *operation, const char *path, int can_be_half) {
  if (!inside(path)) return GO_ON;
  int before = errno;
  long number = __atomic_add_fetch(&counted, 1, __ATOMIC_SEQ_CST);
  if (trace >= 0) dprintf(trace, "%ld %s %s\n", number, operation, path + root_length);
  errno = before;
  if (!fault_at || number < fault_at || (number > fault_at && !sticky)) return GO_ON;
  if (short_write && number == fault_at && can_be_half) return HALF_ONLY;
  if (fault_errno) { errno = fault_errno; return FAIL; }
  if (torn && can_be_half) return HALF_THEN_DIE;
  if (after) return THEN_DIE;
  die();
  return GO_ON;
}

static enum verdict judge_fd(const char *operation, int fd, int can_be_half) {
  char buffer[4096];
  const char *name = root_length ? name_of(fd, buffer, sizeof buffer) : NULL;
  return name && *name == '/' ? judge(operation, name, can_be_half) : GO_ON;
}

/* A path that is relative to the folder `fd` is open on. */
static enum verdict judge_at(const char *operation, int fd, const char *path) {
  char buffer[8192];
  if (*path == '/' || fd == AT_FDCWD) return judge(operation, path, 0);
  if (!root_length || !name_of(fd, buffer, sizeof buffer / 2)) return GO_ON;
  strcat(buffer, "/");
  strncat(buffer, path, sizeof buffer / 2 - 1);
  return judge(operation, buffer, 0);
}

/* The body of an interposed call. `call` is made or not as the verdict says. */
#define DO(type, judgement, call) \
  enum verdict said = (judgement); \
  if (said == FAIL) return (type)-1; \
  type result = (call); \
  if (said == THEN_DIE) die(); \
  return result

/* The same for a call that writes `size` bytes, as `call_with(length)`. */
#define DO_WRITE(fd, size, call_with) \
  enum verdict said = judge_fd("write", fd, (size) > 1); \
  if (said == FAIL) return -1; \
  ssize_t result = call_with(said == HALF_THEN_DIE || said == HALF_ONLY ? (size) / 2 : (size)); \
  if (said == HALF_THEN_DIE || said == THEN_DIE) die(); \
  return result

static const char *kind_of(int flags) {
  return flags & O_CREAT ? "create" : (flags & O_ACCMODE) == O_RDONLY ? "open-read" : "open";
}

#define MODE_OF(flags) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | __O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, #name, const char *, int, ...); \
    MODE_OF(flags) \
    DO(int, judge(kind_of(flags), path, 0), real(path, flags, mode)); \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
  int name(int folder, const char *path, int flags, ...) { \
    REAL(int, #name, int, const char *, int, ...); \
    MODE_OF(flags) \
    DO(int, judge_at(kind_of(flags), folder, path), real(folder, path, flags, mode)); \
  }
OPENAT(openat)
OPENAT(openat64)

#define CREAT(name) \
  int name(const char *path, mode_t mode) { \
    REAL(int, #name, const char *, mode_t); \
    DO(int, judge("create", path, 0), real(path, mode)); \
  }
CREAT(creat)
CREAT(creat64)

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(ssize_t, "write", int, const void *, size_t);
#define CALL(length) real(fd, bytes, length)
  DO_WRITE(fd, size, CALL);
#undef CALL
}

#define CALL(length) real(fd, bytes, length, at)
#define PWRITE(name, offset_type) \
  ssize_t name(int fd, const void *bytes, size_t size, offset_type at) { \
    REAL(ssize_t, #name, int, const void *, size_t, offset_type); \
    DO_WRITE(fd, size, CALL); \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

/* Torn between its parts, as far as it has several. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
#define CALL_PARTS(length) real(fd, parts, length)
  DO_WRITE(fd, count, CALL_PARTS);
}

#define CALL_PARTS_AT(length) real(fd, parts, length, at)
#define PWRITEV(name, offset_type) \
  ssize_t name(int fd, const struct iovec *parts, int count, offset_type at) { \
    REAL(ssize_t, #name, int, const struct iovec *, int, offset_type); \
    DO_WRITE(fd, count, CALL_PARTS_AT); \
  }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

#define OF_FD(name, label) \
  int name(int fd) { REAL(int, #name, int); DO(int, judge_fd(label, fd, 0), real(fd)); }
OF_FD(fsync, "fsync")
OF_FD(fdatasync, "fsync")

#define TRUNCATE(name, offset_type) \
  int name(int fd, offset_type size) { REAL(int, #name, int, offset_type); DO(int, judge_fd("truncate", fd, 0), real(fd, size)); }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int fchmod(int fd, mode_t mode) { REAL(int, "fchmod", int, mode_t); DO(int, judge_fd("chmod", fd, 0), real(fd, mode)); }
int fchown(int fd, uid_t user, gid_t group) {
  REAL(int, "fchown", int, uid_t, gid_t);
  DO(int, judge_fd("chown", fd, 0), real(fd, user, group));
}

#define OF_PATH(name, label) \
  int name(const char *path) { REAL(int, #name, const char *); DO(int, judge(label, path, 0), real(path)); }
OF_PATH(unlink, "unlink")
OF_PATH(rmdir, "rmdir")
OF_PATH(remove, "unlink")

#define OF_PATH_AND_MODE(name, label) \
  int name(const char *path, mode_t mode) { REAL(int, #name, const char *, mode_t); DO(int, judge(label, path, 0), real(path, mode)); }
OF_PATH_AND_MODE(mkdir, "mkdir")
OF_PATH_AND_MODE(chmod, "chmod")

char *mkdtemp(char *path) {
  REAL(char *, "mkdtemp", char *);
  enum verdict said = judge("mkdir", path, 0);
  if (said == FAIL) return NULL;
  char *made = real(path);
  if (said == THEN_DIE) die();
  return made;
}

int unlinkat(int folder, const char *path, int flags) {
  REAL(int, "unlinkat", int, const char *, int);
  DO(int, judge_at("unlink", folder, path), real(folder, path, flags));
}

/* Counted by where they lead. */
#define OF_TWO(name, label) \
  int name(const char *from, const char *to) { REAL(int, #name, const char *, const char *); DO(int, judge(label, to, 0), real(from, to)); }
OF_TWO(rename, "rename")
OF_TWO(link, "link")
OF_TWO(symlink, "symlink")

int renameat(int folder, const char *from, int other, const char *to) {
  REAL(int, "renameat", int, const char *, int, const char *);
  DO(int, judge_at("rename", other, to), real(folder, from, other, to));
}

int linkat(int folder, const char *from, int other, const char *to, int flags) {
  REAL(int, "linkat", int, const char *, int, const char *, int);
  DO(int, judge_at("link", other, to), real(folder, from, other, to, flags));
}

int renameat2(int folder, const char *from, int other, const char *to, unsigned flags) {
  REAL(int, "renameat2", int, const char *, int, const char *, unsigned);
  int exchanges = flags & 2;
  if (exchanges && no_exchange) { errno = ENOSYS; return -1; }
  DO(int, judge_at(exchanges ? "exchange" : "rename", other, to), real(folder, from, other, to, flags));
}
