/* The open virtual descriptors. Only the members that open something reach
 * this file, so only their programs import the host's filesystem interface.
 *
 * A regular file is read whole when it is opened, so that it does not change
 * under the reader; a file that the host calls too large, and every device, is
 * read piece by piece through the host's `file` resource. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptor.h"
#include "virtual.h"
#include "warpgrid_libc_filesystem.h"

struct entry {
  bool used;
  struct warpgrid_node node;
  int flags;
  off_t offset;
  unsigned char *content; /* NULL: read through `file` */
  warpgrid_libc_filesystem_own_file_t file;
  bool has_file;
};

static struct entry *table;
static int table_size;

static struct entry *find(int fd) {
  int slot = fd - WARPGRID_FIRST_DESCRIPTOR;
  if (slot < 0 || slot >= table_size || !table[slot].used) {
    errno = EBADF;
    return NULL;
  }
  return &table[slot];
}

/* A free slot, the lowest there is, or -1 with EMFILE or ENOMEM. */
static int free_slot(void) {
  for (int slot = 0; slot < table_size; slot++)
    if (!table[slot].used) return slot;
  if (table_size == WARPGRID_MAX_DESCRIPTORS) {
    errno = EMFILE;
    return -1;
  }
  int size = table_size ? table_size * 2 : 8;
  struct entry *grown = realloc(table, (size_t)size * sizeof *table);
  if (!grown) {
    errno = ENOMEM;
    return -1;
  }
  memset(grown + table_size, 0, (size_t)(size - table_size) * sizeof *table);
  int slot = table_size;
  table = grown;
  table_size = size;
  return slot;
}

static bool readable(const struct entry *entry) {
  if (entry->node.kind == WARPGRID_FOLDER) {
    errno = EISDIR;
    return false;
  }
  if (!(entry->flags & O_RDONLY)) {
    errno = EBADF;
    return false;
  }
  return true;
}

/* At most one piece from `offset`; the host may give less than was asked for. */
static ssize_t read_at(struct entry *entry, void *buffer, size_t length, off_t offset) {
  if (length > SSIZE_MAX) length = SSIZE_MAX;
  if (entry->content) {
    if ((uint64_t)offset >= entry->node.size) return 0;
    uint64_t left = entry->node.size - (uint64_t)offset;
    if (length > left) length = (size_t)left;
    if (length) memcpy(buffer, entry->content + offset, length);
    return (ssize_t)length;
  }
  if (length == 0) return 0;
  warpgrid_libc_filesystem_list_u8_t bytes;
  warpgrid_libc_filesystem_fs_error_t error;
  if (!warpgrid_libc_filesystem_method_file_read(warpgrid_libc_filesystem_borrow_file(entry->file),
                                                 (uint64_t)offset, (uint32_t)length, &bytes, &error)) {
    errno = EIO;
    return -1;
  }
  if (bytes.len < length) length = bytes.len;
  if (length) memcpy(buffer, bytes.ptr, length);
  warpgrid_libc_filesystem_list_u8_free(&bytes);
  return (ssize_t)length;
}

static ssize_t call_read(int fd, void *buffer, size_t length) {
  struct entry *entry = find(fd);
  if (!entry || !readable(entry)) return -1;
  ssize_t got = read_at(entry, buffer, length, entry->offset);
  if (got > 0 && entry->node.kind == WARPGRID_REGULAR) entry->offset += got;
  return got;
}

static ssize_t call_pread(int fd, void *buffer, size_t length, off_t offset) {
  struct entry *entry = find(fd);
  if (!entry || !readable(entry)) return -1;
  if (offset < 0) {
    errno = EINVAL;
    return -1;
  }
  return read_at(entry, buffer, length, offset);
}

static ssize_t call_write(int fd, size_t length) {
  struct entry *entry = find(fd);
  if (!entry) return -1;
  if (!(entry->flags & O_WRONLY)) {
    errno = EBADF;
    return -1;
  }
  /* Only devices open for writing, and they take everything. */
  return length > SSIZE_MAX ? SSIZE_MAX : (ssize_t)length;
}

static off_t call_seek(int fd, off_t offset, int whence) {
  struct entry *entry = find(fd);
  if (!entry) return -1;
  if (entry->node.kind == WARPGRID_DEVICE) return 0;
  off_t base;
  switch (whence) {
    case SEEK_SET: base = 0; break;
    case SEEK_CUR: base = entry->offset; break;
    case SEEK_END: base = (off_t)entry->node.size; break;
    default: errno = EINVAL; return -1;
  }
  off_t target;
  if (__builtin_add_overflow(base, offset, &target)) {
    errno = EOVERFLOW;
    return -1;
  }
  if (target < 0) {
    errno = EINVAL;
    return -1;
  }
  return entry->offset = target;
}

static off_t call_remaining(int fd) {
  struct entry *entry = find(fd);
  if (!entry || entry->node.kind != WARPGRID_REGULAR || (uint64_t)entry->offset > entry->node.size) return 0;
  return (off_t)(entry->node.size - (uint64_t)entry->offset);
}

static int call_stat(int fd, struct stat *out) {
  struct entry *entry = find(fd);
  if (!entry) return -1;
  __warpgrid_fill_stat(&entry->node, out);
  return 0;
}

static int call_flags(int fd) {
  struct entry *entry = find(fd);
  return entry ? entry->flags : -1;
}

static int call_set_flags(int fd, int flags) {
  struct entry *entry = find(fd);
  if (!entry) return -1;
  const int changeable = O_APPEND | O_NONBLOCK;
  entry->flags = (entry->flags & ~changeable) | (flags & changeable);
  return 0;
}

static int call_close(int fd) {
  struct entry *entry = find(fd);
  if (!entry) return -1;
  if (entry->has_file) warpgrid_libc_filesystem_file_drop_own(entry->file);
  free(entry->content);
  free(entry->node.path);
  memset(entry, 0, sizeof *entry);
  return 0;
}

static const struct warpgrid_descriptor_calls calls = {
    .read = call_read,
    .pread = call_pread,
    .write = call_write,
    .seek = call_seek,
    .remaining = call_remaining,
    .stat = call_stat,
    .flags = call_flags,
    .set_flags = call_set_flags,
    .close = call_close,
};

static bool open_file(struct entry *entry, const char *path) {
  warpgrid_libc_filesystem_string_t name = {(uint8_t *)path, strlen(path)};
  warpgrid_libc_filesystem_fs_error_t error;
  if (!warpgrid_libc_filesystem_open(&name, &entry->file, &error)) {
    errno = error == WARPGRID_LIBC_FILESYSTEM_FS_ERROR_LIMIT_REACHED ? ENFILE : EIO;
    return false;
  }
  entry->has_file = true;
  return true;
}

int __warpgrid_open_node(struct warpgrid_node *node, int flags) {
  int slot = free_slot();
  if (slot < 0) return -1;
  struct entry entry = {.used = true, .node = *node, .flags = flags};
  if (node->kind == WARPGRID_REGULAR) {
    size_t length;
    entry.content = __warpgrid_read_file(node->path, &length);
    if (entry.content)
      entry.node.size = length;
    else if (errno != EFBIG || !open_file(&entry, node->path))
      return -1;
  } else if (node->kind == WARPGRID_DEVICE && !open_file(&entry, node->path)) {
    return -1;
  }
  node->path = NULL;
  table[slot] = entry;
  __warpgrid_descriptors = &calls;
  return WARPGRID_FIRST_DESCRIPTOR + slot;
}

const char *__warpgrid_descriptor_path(int fd) {
  struct entry *entry = find(fd);
  return entry ? entry->node.path : NULL;
}
