/* Paths and the host's answers about them. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "virtual.h"
#include "warpgrid_libc_filesystem.h"

/* `path` without `.`, `..`, double and trailing slashes, lexically. */
static char *normalise(const char *path, bool *must_be_folder) {
  size_t length = strlen(path);
  char *out = malloc(length + 2);
  if (!out) {
    errno = ENOMEM;
    return NULL;
  }
  size_t end = 0;
  *must_be_folder = false;
  while (*path) {
    size_t part = strcspn(path, "/");
    bool here = part == 0 || (part == 1 && path[0] == '.');
    bool up = part == 2 && path[0] == '.' && path[1] == '.';
    if (up) {
      while (end && out[--end] != '/') {
      }
    } else if (!here) {
      out[end++] = '/';
      memcpy(out + end, path, part);
      end += part;
    }
    path += part;
    *must_be_folder = here || up || *path == '/';
    path += *path == '/';
  }
  if (end == 0) out[end++] = '/';
  out[end] = 0;
  return out;
}

static warpgrid_libc_filesystem_string_t text(const char *path) {
  return (warpgrid_libc_filesystem_string_t){(uint8_t *)path, strlen(path)};
}

static enum warpgrid_kind kind_of(warpgrid_libc_filesystem_file_kind_t kind) {
  switch (kind) {
    case WARPGRID_LIBC_FILESYSTEM_FILE_KIND_DIRECTORY: return WARPGRID_FOLDER;
    case WARPGRID_LIBC_FILESYSTEM_FILE_KIND_CHARACTER_DEVICE: return WARPGRID_DEVICE;
    default: return WARPGRID_REGULAR;
  }
}

bool __warpgrid_look_up(const char *path, struct warpgrid_node *node) {
  *node = (struct warpgrid_node){.kind = WARPGRID_NOT_VIRTUAL};
  /* Relative, empty and overlong paths are upstream's to report. */
  if (!path || path[0] != '/' || strnlen(path, PATH_MAX) == PATH_MAX) return true;
  char *clean = normalise(path, &node->must_be_folder);
  if (!clean) return false;
  warpgrid_libc_filesystem_string_t name = text(clean);
  warpgrid_libc_filesystem_virtual_stat_t answer;
  warpgrid_libc_filesystem_fs_error_t error;
  if (!warpgrid_libc_filesystem_stat(&name, &answer, &error)) {
    free(clean);
    return true;
  }
  node->kind = kind_of(answer.kind);
  node->size = answer.size;
  node->inode = answer.inode;
  node->writable = answer.writable;
  node->path = clean;
  return true;
}

char *__warpgrid_join(const char *base, const char *path) {
  size_t first = strlen(base), second = strlen(path);
  char *out = malloc(first + second + 2);
  if (!out) {
    errno = ENOMEM;
    return NULL;
  }
  memcpy(out, base, first);
  out[first] = '/';
  memcpy(out + first + 1, path, second + 1);
  return out;
}

bool __warpgrid_parent_is_virtual(const char *path) {
  struct warpgrid_node node;
  if (!path || path[0] != '/') return false;
  /* The last part cannot be `..` of a missing folder: normalise sees to it. */
  char *parent = __warpgrid_join(path, "..");
  bool found = parent && __warpgrid_look_up(parent, &node) && node.kind == WARPGRID_FOLDER;
  if (parent && found) free(node.path);
  free(parent);
  return found;
}

void __warpgrid_fill_stat(const struct warpgrid_node *node, struct stat *out) {
  bool regular = node->kind == WARPGRID_REGULAR;
  mode_t mode = regular ? S_IFREG | 0444 : node->kind == WARPGRID_FOLDER ? S_IFDIR | 0555 : S_IFCHR | 0444;
  if (node->writable) mode |= 0222;
  *out = (struct stat){
      .st_dev = 0x77617270, /* no real file has this device, so none is mistaken for a virtual one */
      .st_ino = node->inode,
      .st_nlink = 1,
      .st_mode = mode,
      .st_size = regular ? (off_t)node->size : 0,
      .st_blksize = 4096,
      .st_blocks = regular ? (blkcnt_t)((node->size + 511) / 512) : 0,
  };
}

unsigned char *__warpgrid_read_file(const char *path, size_t *length) {
  warpgrid_libc_filesystem_string_t name = text(path);
  warpgrid_libc_filesystem_list_u8_t bytes;
  warpgrid_libc_filesystem_fs_error_t error;
  if (warpgrid_libc_filesystem_read_virtual(&name, &bytes, &error)) {
    *length = bytes.len;
    /* The canonical ABI gives no allocation for an empty list. */
    return bytes.len ? bytes.ptr : malloc(1);
  }
  switch (error) {
    case WARPGRID_LIBC_FILESYSTEM_FS_ERROR_IS_DIRECTORY: errno = EISDIR; break;
    case WARPGRID_LIBC_FILESYSTEM_FS_ERROR_NOT_DIRECTORY: errno = ENOTDIR; break;
    case WARPGRID_LIBC_FILESYSTEM_FS_ERROR_READ_ONLY: errno = EROFS; break;
    case WARPGRID_LIBC_FILESYSTEM_FS_ERROR_INVALID_PATH: errno = EINVAL; break;
    case WARPGRID_LIBC_FILESYSTEM_FS_ERROR_TOO_LARGE: errno = EFBIG; break;
    case WARPGRID_LIBC_FILESYSTEM_FS_ERROR_IO: errno = EIO; break;
    case WARPGRID_LIBC_FILESYSTEM_FS_ERROR_LIMIT_REACHED: errno = ENFILE; break;
    default: errno = ENOENT;
  }
  return NULL;
}
