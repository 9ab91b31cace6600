/* stat, lstat, fstatat, access, faccessat and readlink of virtual paths. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/libc.h>

#include "descriptor.h"
#include "virtual.h"
#include "../override.h"

int __real_stat(const char *__restrict, struct stat *__restrict);
int __real_lstat(const char *__restrict, struct stat *__restrict);
int __real___wasilibc_stat(const char *__restrict, struct stat *__restrict, int);
int __real_fstatat(int, const char *__restrict, struct stat *__restrict, int);
int __real_access(const char *, int);
int __real___wasilibc_access(const char *, int, int);
int __real_faccessat(int, const char *, int, int);
ssize_t __real_readlink(const char *__restrict, char *__restrict, size_t);

/* What to do after the look-up. */
enum step { FAILED, ANSWER, ASK_UPSTREAM, ASK_UPSTREAM_THEN_ANSWER };

static enum step look_up(const char *path, struct warpgrid_node *node) {
  if (!__warpgrid_look_up(path, node)) return FAILED;
  switch (node->kind) {
    case WARPGRID_NOT_VIRTUAL: return ASK_UPSTREAM;
    case WARPGRID_FOLDER: return ASK_UPSTREAM_THEN_ANSWER;
    default:
      if (!node->must_be_folder) return ANSWER;
      free(node->path);
      errno = ENOTDIR;
      return FAILED;
  }
}

static int upstream_error(int result) {
  if (result < 0 && errno == ENOTCAPABLE) errno = ENOENT;
  return result;
}

static int stat_path(const char *path, struct stat *out, int flags) {
  struct warpgrid_node node;
  int before = errno;
  enum step step = look_up(path, &node);
  if (step == FAILED) return -1;
  int result = -1;
  if (step != ANSWER) result = upstream_error(__real___wasilibc_stat(path, out, flags));
  if (result < 0 && step != ASK_UPSTREAM) {
    __warpgrid_fill_stat(&node, out);
    errno = before;
    result = 0;
  }
  free(node.path);
  return result;
}

WARPGRID_OVERRIDE int stat(const char *__restrict path, struct stat *__restrict out) { return stat_path(path, out, 0); }

/* Nothing virtual is a symbolic link. */
WARPGRID_OVERRIDE int lstat(const char *__restrict path, struct stat *__restrict out) {
  return stat_path(path, out, AT_SYMLINK_NOFOLLOW);
}

WARPGRID_OVERRIDE int __wasilibc_stat(const char *__restrict path, struct stat *__restrict out, int flags) {
  return stat_path(path, out, flags);
}

WARPGRID_OVERRIDE int fstatat(int folder, const char *__restrict path, struct stat *__restrict out, int flags) {
  if (path && (path[0] == '/' || folder == AT_FDCWD)) return stat_path(path, out, flags);
  if (!path || !warpgrid_is_virtual(folder)) return __real_fstatat(folder, path, out, flags);
  const char *base = __warpgrid_descriptor_path(folder);
  char *whole = base ? __warpgrid_join(base, path) : NULL;
  if (!whole) return -1;
  int result = stat_path(whole, out, flags);
  free(whole);
  return result;
}

static int access_path(const char *path, int mode, int flags) {
  struct warpgrid_node node;
  int before = errno;
  enum step step = look_up(path, &node);
  if (step == FAILED) return -1;
  int result = -1;
  if (step != ANSWER) result = upstream_error(__real___wasilibc_access(path, mode, flags));
  if (result < 0 && step != ASK_UPSTREAM) {
    if (mode & ~(R_OK | W_OK | X_OK)) {
      errno = EINVAL;
    } else if ((mode & W_OK) && !node.writable) {
      errno = EROFS;
    } else if ((mode & X_OK) && node.kind != WARPGRID_FOLDER) {
      errno = EACCES;
    } else {
      errno = before;
      result = 0;
    }
  }
  free(node.path);
  return result;
}

WARPGRID_OVERRIDE int access(const char *path, int mode) { return access_path(path, mode, 0); }

WARPGRID_OVERRIDE int __wasilibc_access(const char *path, int mode, int flags) { return access_path(path, mode, flags); }

WARPGRID_OVERRIDE int faccessat(int folder, const char *path, int mode, int flags) {
  if (path && (path[0] == '/' || folder == AT_FDCWD)) return access_path(path, mode, flags);
  if (!path || !warpgrid_is_virtual(folder)) return __real_faccessat(folder, path, mode, flags);
  const char *base = __warpgrid_descriptor_path(folder);
  char *whole = base ? __warpgrid_join(base, path) : NULL;
  if (!whole) return -1;
  int result = access_path(whole, mode, flags);
  free(whole);
  return result;
}

/* realpath asks this of every part of a path. */
WARPGRID_OVERRIDE ssize_t readlink(const char *__restrict path, char *__restrict buffer, size_t size) {
  struct warpgrid_node node;
  enum step step = look_up(path, &node);
  if (step == FAILED) return -1;
  ssize_t result = -1;
  if (step != ANSWER) {
    result = __real_readlink(path, buffer, size);
    upstream_error((int)result);
  }
  if (result < 0 && step != ASK_UPSTREAM) errno = EINVAL;
  free(node.path);
  return result;
}
