/* open, openat and the form without a mode that fopen uses. The first call of
 * a virtual path makes the program import the host's filesystem interface. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <wasi/libc.h>

#include "descriptor.h"
#include "virtual.h"
#include "../override.h"

int __real_open(const char *, int, ...);
int __real___wasilibc_open_nomode(const char *, int);
int __real_openat(int, const char *, int, ...);

/* Opens what the host answers for, or returns -1 with errno. */
static int open_virtual(struct warpgrid_node *node, int flags) {
  if ((flags & O_CREAT) && (flags & O_EXCL)) {
    errno = EEXIST;
    return -1;
  }
  bool writes = (flags & (O_WRONLY | O_TRUNC)) != 0;
  if (node->kind == WARPGRID_FOLDER) {
    if (writes || (flags & O_CREAT)) {
      errno = EISDIR;
      return -1;
    }
  } else if ((flags & O_DIRECTORY) || node->must_be_folder) {
    errno = ENOTDIR;
    return -1;
  } else if (writes && !node->writable) {
    errno = EROFS;
    return -1;
  }
  return __warpgrid_open_node(node, flags & (O_ACCMODE | O_APPEND | O_NONBLOCK));
}

static int open_path(const char *path, int flags) {
  struct warpgrid_node node;
  int before = errno;
  if (!__warpgrid_look_up(path, &node)) return -1;
  int fd;
  if (node.kind == WARPGRID_REGULAR || node.kind == WARPGRID_DEVICE) {
    fd = open_virtual(&node, flags);
  } else {
    /* A real folder or file goes before a virtual folder of that name. */
    fd = __real___wasilibc_open_nomode(path, flags);
    if (fd < 0 && node.kind == WARPGRID_FOLDER) {
      errno = before;
      fd = open_virtual(&node, flags);
    } else if (fd < 0 && errno == ENOENT && (flags & O_CREAT) && __warpgrid_parent_is_virtual(path)) {
      errno = EROFS;
    } else if (fd < 0 && errno == ENOTCAPABLE) {
      /* A path below no preopened folder is a path that does not exist. */
      errno = ENOENT;
    }
  }
  free(node.path);
  return fd;
}

/* WASI keeps no mode bits: upstream's open drops the mode as well. */
WARPGRID_OVERRIDE int open(const char *path, int flags, ...) { return open_path(path, flags); }

WARPGRID_OVERRIDE int __wasilibc_open_nomode(const char *path, int flags) { return open_path(path, flags); }

WARPGRID_OVERRIDE int openat(int folder, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  if (path && (path[0] == '/' || folder == AT_FDCWD)) return open_path(path, flags);
  if (!path || !warpgrid_is_virtual(folder)) return __real_openat(folder, path, flags, mode);
  const char *base = __warpgrid_descriptor_path(folder);
  char *whole = base ? __warpgrid_join(base, path) : NULL;
  if (!whole) return -1;
  int fd = open_path(whole, flags);
  free(whole);
  return fd;
}
