/* Loaded into the program by a test (LD_PRELOAD). It records every change of files below RECORDER_ROOT, in order, in
 * RECORDER_LOG, whoever makes it: the program, the standard library or sled. On demand it lets one sync fail
 * (RECORDER_FAIL_SYNC=K) or the disk be full from a write on (RECORDER_FULL_FROM=K), both counted from 1. With RECORDER_READS it
 * records too which files are opened, and how much is read of them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static const char *root;
static long syncs, writes, changes, fail_sync, full_from, die_at;
static int records_reads;

__attribute__((constructor)) static void begin(void) {
  root = getenv("RECORDER_ROOT");
  const char *log = getenv("RECORDER_LOG");
  const char *fail = getenv("RECORDER_FAIL_SYNC"), *full = getenv("RECORDER_FULL_FROM");
  const char *die = getenv("RECORDER_DIE_AT");
  die_at = die ? atol(die) : 0;
  records_reads = getenv("RECORDER_READS") != NULL;
  fail_sync = fail ? atol(fail) : 0;
  full_from = full ? atol(full) : 0;
  if (root && log) log_fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(const void *bytes, size_t count) {
  const char *at = bytes;
  while (count > 0) {
    ssize_t done = syscall(SYS_write, log_fd, at, count);
    if (done <= 0) abort();
    at += done;
    count -= done;
  }
}

static void record(char what, const char *path, const char *other, uint64_t offset, const void *data, uint64_t length) {
  uint32_t path_length = strlen(path), other_length = strlen(other);
  put(&what, 1);
  put(&path_length, 4);
  put(path, path_length);
  put(&other_length, 4);
  put(other, other_length);
  put(&offset, 8);
  put(&length, 8);
  if (data) put(data, length);
  if (++changes == die_at) kill(getpid(), SIGKILL);
}

/* The absolute path of a name; 0 where it does not lie below the root. */
static int resolve(int folder, const char *name, char *path) {
  char base[PATH_MAX] = "";
  if (log_fd < 0) return 0;
  if (name[0] == '/') {
    snprintf(path, PATH_MAX, "%s", name);
  } else {
    if (folder == AT_FDCWD) {
      if (!getcwd(base, sizeof base)) return 0;
    } else {
      char link[64];
      snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
      ssize_t length = readlink(link, base, sizeof base - 1);
      if (length < 0) return 0;
      base[length] = 0;
    }
    while (name[0] == '.' && name[1] == '/') name += 2;
    if (name[0] == 0 || strcmp(name, ".") == 0) snprintf(path, PATH_MAX, "%.4000s", base);
    else snprintf(path, PATH_MAX, "%.2000s/%.2000s", base, name);
  }
  return strncmp(path, root, strlen(root)) == 0;
}

static int resolve_fd(int fd, char *path) {
  return resolve(fd, "", path);
}

static int disk_is_full(void) {
  writes++;
  if (full_from == 0 || writes < full_from) return 0;
  errno = ENOSPC;
  return 1;
}

static void record_read(char what, const char *path, ssize_t length) {
  pthread_mutex_lock(&lock);
  record(what, path, "", 0, NULL, length);
  pthread_mutex_unlock(&lock);
}

static int opened(int folder, const char *name, int flags, mode_t mode) {
  char path[PATH_MAX];
  struct stat found;
  if (!(flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE || !resolve(folder, name, path)) {
    int fd = syscall(SYS_openat, folder, name, flags, mode);
    if (fd >= 0 && records_reads && resolve(folder, name, path)) record_read('O', path, 0);
    return fd;
  }
  pthread_mutex_lock(&lock);
  int exists = stat(path, &found) == 0;
  int fd = !exists && disk_is_full() ? -1 : syscall(SYS_openat, folder, name, flags, mode);
  if (fd >= 0 && !exists) record('C', path, "", 0, NULL, 0);
  if (fd >= 0 && exists && (flags & O_TRUNC)) record('T', path, "", 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return fd;
}

#define OPEN_MODE(flags, last) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, last); mode = va_arg(rest, mode_t); va_end(rest); }

int open(const char *name, int flags, ...) { OPEN_MODE(flags, flags) return opened(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { OPEN_MODE(flags, flags) return opened(AT_FDCWD, name, flags, mode); }
int openat(int folder, const char *name, int flags, ...) { OPEN_MODE(flags, flags) return opened(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { OPEN_MODE(flags, flags) return opened(folder, name, flags, mode); }

static ssize_t was_read(int fd, ssize_t done) {
  char path[PATH_MAX];
  int error = errno;
  if (done > 0 && records_reads && resolve_fd(fd, path)) record_read('G', path, done);
  errno = error;
  return done;
}

ssize_t read(int fd, void *data, size_t count) { return was_read(fd, syscall(SYS_read, fd, data, count)); }
ssize_t pread64(int fd, void *data, size_t count, off64_t offset) {
  return was_read(fd, syscall(SYS_pread64, fd, data, count, offset));
}
ssize_t pread(int fd, void *data, size_t count, off_t offset) { return pread64(fd, data, count, offset); }

ssize_t write(int fd, const void *data, size_t count) {
  char path[PATH_MAX];
  if (!resolve_fd(fd, path)) return syscall(SYS_write, fd, data, count);
  pthread_mutex_lock(&lock);
  off_t offset = lseek(fd, 0, SEEK_CUR);
  ssize_t done = disk_is_full() ? -1 : syscall(SYS_write, fd, data, count);
  if (done > 0) record('W', path, "", offset, data, done);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwrite64(int fd, const void *data, size_t count, off64_t offset) {
  char path[PATH_MAX];
  if (!resolve_fd(fd, path)) return syscall(SYS_pwrite64, fd, data, count, offset);
  pthread_mutex_lock(&lock);
  ssize_t done = disk_is_full() ? -1 : syscall(SYS_pwrite64, fd, data, count, offset);
  if (done > 0) record('W', path, "", offset, data, done);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t offset) { return pwrite64(fd, data, count, offset); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  char path[PATH_MAX];
  /* One part at a time: a short write is allowed. */
  if (count > 0 && resolve_fd(fd, path)) return write(fd, parts[0].iov_base, parts[0].iov_len);
  return syscall(SYS_writev, fd, parts, count);
}

static int synced(int fd, long number) {
  char path[PATH_MAX];
  if (!resolve_fd(fd, path)) return syscall(number, fd);
  pthread_mutex_lock(&lock);
  int fails = ++syncs == fail_sync;
  int result = fails ? -1 : syscall(number, fd);
  if (result == 0) record('S', path, "", 0, NULL, 0);
  if (fails) { record('X', path, "", 0, NULL, 0); errno = EIO; }
  pthread_mutex_unlock(&lock);
  return result;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int ftruncate64(int fd, off64_t length) {
  char path[PATH_MAX];
  if (!resolve_fd(fd, path)) return syscall(SYS_ftruncate, fd, length);
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_ftruncate, fd, length);
  if (result == 0) record('T', path, "", length, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  char path[PATH_MAX], other[PATH_MAX];
  if (!resolve(from_folder, from, path) || !resolve(to_folder, to, other))
    return syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
  if (result == 0) record('L', path, other, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int rename(const char *from, const char *to) {
  char path[PATH_MAX], other[PATH_MAX];
  if (!resolve(AT_FDCWD, from, path) || !resolve(AT_FDCWD, to, other))
    return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  if (result == 0) record('R', path, other, 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

static int removed(int folder, const char *name, int flags) {
  char path[PATH_MAX];
  if (!resolve(folder, name, path)) return syscall(SYS_unlinkat, folder, name, flags);
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_unlinkat, folder, name, flags);
  if (result == 0) record('U', path, "", 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int unlink(const char *name) { return removed(AT_FDCWD, name, 0); }
int rmdir(const char *name) { return removed(AT_FDCWD, name, AT_REMOVEDIR); }
int unlinkat(int folder, const char *name, int flags) { return removed(folder, name, flags); }

int mkdir(const char *name, mode_t mode) {
  char path[PATH_MAX];
  if (!resolve(AT_FDCWD, name, path)) return syscall(SYS_mkdirat, AT_FDCWD, name, mode);
  pthread_mutex_lock(&lock);
  int result = disk_is_full() ? -1 : syscall(SYS_mkdirat, AT_FDCWD, name, mode);
  if (result == 0) record('M', path, "", 0, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
