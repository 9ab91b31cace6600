/* Questions about paths that only the host can answer, and the answers as C. */
#ifndef WARPGRID_FS_VIRTUAL_H
#define WARPGRID_FS_VIRTUAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

enum warpgrid_kind { WARPGRID_NOT_VIRTUAL, WARPGRID_REGULAR, WARPGRID_FOLDER, WARPGRID_DEVICE };

/* A path that the host was asked about. */
struct warpgrid_node {
  enum warpgrid_kind kind;
  uint64_t size;
  uint64_t inode;
  bool writable;
  /* The path ended in a slash, so only a folder may answer to it. */
  bool must_be_folder;
  /* Absolute, without `.`, `..` and double slashes; NULL when not virtual. */
  char *path;
};

/* What `path` is. A relative path is never virtual. `node->path` is malloc'ed,
 * or NULL for a path that is not virtual; free it with free(). Returns false
 * with errno ENOMEM when there is no memory. errno is otherwise kept. */
bool __warpgrid_look_up(const char *path, struct warpgrid_node *node);

/* `path` below the folder `base` (absolute): malloc'ed, NULL with ENOMEM. */
char *__warpgrid_join(const char *base, const char *path);

/* Whether the folder that would hold `path` is virtual. */
bool __warpgrid_parent_is_virtual(const char *path);

/* What stat says of a node. */
void __warpgrid_fill_stat(const struct warpgrid_node *node, struct stat *out);

/* The whole content of a regular file: malloc'ed, or NULL with errno set. An
 * empty file gives a pointer that is not NULL and may be freed. */
unsigned char *__warpgrid_read_file(const char *path, size_t *length);

/* Opens a virtual node; returns a descriptor or -1 with errno set. */
int __warpgrid_open_node(struct warpgrid_node *node, int flags);

/* The path that a virtual descriptor was opened with, or NULL with EBADF. */
const char *__warpgrid_descriptor_path(int fd);

#endif
