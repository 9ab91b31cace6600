/* Calls that would change a virtual path: refused with EROFS. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "virtual.h"
#include "../override.h"

int __real_unlink(const char *);
int __real_rmdir(const char *);
int __real_remove(const char *);
int __real_mkdir(const char *, mode_t);
int __real_rename(const char *, const char *);
int __real_link(const char *, const char *);
int __real_symlink(const char *, const char *);

static enum warpgrid_kind kind_of(const char *path) {
  struct warpgrid_node node;
  if (!__warpgrid_look_up(path, &node)) return WARPGRID_NOT_VIRTUAL;
  free(node.path);
  return node.kind;
}

/* After upstream failed: nothing real is there, so it is the virtual one that was meant. */
static int explain(int result, enum warpgrid_kind kind) {
  if (result < 0 && kind == WARPGRID_FOLDER) errno = EROFS;
  return result;
}

static int refuse(int error) {
  errno = error;
  return -1;
}

static bool is_file(enum warpgrid_kind kind) { return kind == WARPGRID_REGULAR || kind == WARPGRID_DEVICE; }

/* Upstream found no folder to create `path` in: say so if that folder is virtual. */
static int explain_creation(int result, const char *path) {
  if (result < 0 && errno == ENOENT && __warpgrid_parent_is_virtual(path)) errno = EROFS;
  return result;
}

WARPGRID_OVERRIDE int unlink(const char *path) {
  enum warpgrid_kind kind = kind_of(path);
  return is_file(kind) ? refuse(EROFS) : explain(__real_unlink(path), kind);
}

WARPGRID_OVERRIDE int rmdir(const char *path) {
  enum warpgrid_kind kind = kind_of(path);
  return is_file(kind) ? refuse(ENOTDIR) : explain(__real_rmdir(path), kind);
}

WARPGRID_OVERRIDE int remove(const char *path) {
  enum warpgrid_kind kind = kind_of(path);
  return is_file(kind) ? refuse(EROFS) : explain(__real_remove(path), kind);
}

WARPGRID_OVERRIDE int mkdir(const char *path, mode_t mode) {
  enum warpgrid_kind kind = kind_of(path);
  if (is_file(kind)) return refuse(EEXIST);
  int result = __real_mkdir(path, mode);
  if (result < 0 && kind == WARPGRID_FOLDER) return refuse(EEXIST);
  return explain_creation(result, path);
}

WARPGRID_OVERRIDE int rename(const char *from, const char *to) {
  enum warpgrid_kind source = kind_of(from), target = kind_of(to);
  if (is_file(source) || is_file(target)) return refuse(EROFS);
  int result = __real_rename(from, to);
  if (result < 0 && (source == WARPGRID_FOLDER || target == WARPGRID_FOLDER)) return refuse(EROFS);
  return explain_creation(result, to);
}

WARPGRID_OVERRIDE int link(const char *from, const char *to) {
  enum warpgrid_kind source = kind_of(from), target = kind_of(to);
  if (target != WARPGRID_NOT_VIRTUAL && is_file(target)) return refuse(EEXIST);
  if (is_file(source)) return refuse(EXDEV);
  return explain_creation(explain(__real_link(from, to), source), to);
}

WARPGRID_OVERRIDE int symlink(const char *text, const char *path) {
  enum warpgrid_kind kind = kind_of(path);
  if (is_file(kind)) return refuse(EEXIST);
  return explain_creation(explain(__real_symlink(text, path), kind), path);
}
