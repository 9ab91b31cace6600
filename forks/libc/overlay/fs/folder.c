/* opendir, fdopendir and scandir of virtual folders. A real folder goes before
 * a virtual one of the same path; their entries are not mixed. */
#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "descriptor.h"
#include "virtual.h"
#include "warpgrid_libc_filesystem.h"
#include "../override.h"

DIR *__real_opendir(const char *);
DIR *__real_fdopendir(int);
int __real_scandir(const char *, struct dirent ***, int (*)(const struct dirent *),
                   int (*)(const struct dirent **, const struct dirent **));

/* An open virtual folder: `.`, `..`, then the host's entries. */
struct folder {
  struct folder *next;
  int fd;
  long position;
  warpgrid_libc_filesystem_list_directory_entry_t entries;
  char *path;
  struct dirent *current;
};

static struct folder *open_folders;

static bool owns(DIR *candidate) {
  for (struct folder *folder = open_folders; folder; folder = folder->next)
    if ((DIR *)folder == candidate) return true;
  return false;
}

static unsigned char type_of(warpgrid_libc_filesystem_file_kind_t kind) {
  switch (kind) {
    case WARPGRID_LIBC_FILESYSTEM_FILE_KIND_DIRECTORY: return DT_DIR;
    case WARPGRID_LIBC_FILESYSTEM_FILE_KIND_CHARACTER_DEVICE: return DT_CHR;
    default: return DT_REG;
  }
}

static struct dirent *fill(struct folder *folder, const char *name, size_t length, unsigned char type) {
  struct dirent *entry = realloc(folder->current, sizeof *entry + length + 1);
  if (!entry) {
    errno = ENOMEM;
    return NULL;
  }
  folder->current = entry;
  memcpy(entry->d_name, name, length);
  entry->d_name[length] = 0;
  entry->d_type = type;
  /* As stat says it; programs compare the two. */
  entry->d_ino = 0;
  struct warpgrid_node node;
  char *whole = __warpgrid_join(folder->path, entry->d_name);
  if (whole && __warpgrid_look_up(whole, &node)) {
    entry->d_ino = node.inode;
    free(node.path);
  }
  free(whole);
  return entry;
}

static struct dirent *call_read(DIR *stream) {
  struct folder *folder = (struct folder *)stream;
  long position = folder->position;
  if (position < 2) {
    folder->position++;
    return fill(folder, "..", (size_t)position + 1, DT_DIR);
  }
  if ((size_t)(position - 2) >= folder->entries.len) return NULL;
  folder->position++;
  warpgrid_libc_filesystem_directory_entry_t *entry = &folder->entries.ptr[position - 2];
  return fill(folder, (const char *)entry->name.ptr, entry->name.len, type_of(entry->kind));
}

static void call_seek(DIR *stream, long position) {
  if (position >= 0) ((struct folder *)stream)->position = position;
}

static long call_tell(DIR *stream) { return ((struct folder *)stream)->position; }

static int call_descriptor(DIR *stream) { return ((struct folder *)stream)->fd; }

static int call_detach(DIR *stream) {
  struct folder *folder = (struct folder *)stream;
  struct folder **link = &open_folders;
  while (*link != folder) link = &(*link)->next;
  *link = folder->next;
  int fd = folder->fd;
  warpgrid_libc_filesystem_list_directory_entry_free(&folder->entries);
  free(folder->path);
  free(folder->current);
  free(folder);
  return fd;
}

static const struct warpgrid_folder_calls calls = {
    .owns = owns,
    .read = call_read,
    .seek = call_seek,
    .tell = call_tell,
    .descriptor = call_descriptor,
    .detach = call_detach,
};

WARPGRID_OVERRIDE DIR *fdopendir(int fd) {
  if (!warpgrid_is_virtual(fd)) return __real_fdopendir(fd);
  const char *path = __warpgrid_descriptor_path(fd);
  if (!path) return NULL;
  struct stat status;
  if (fstat(fd, &status) < 0) return NULL;
  if (!S_ISDIR(status.st_mode)) {
    errno = ENOTDIR;
    return NULL;
  }
  struct folder *folder = calloc(1, sizeof *folder);
  char *copy = strdup(path);
  if (!folder || !copy) {
    free(folder);
    free(copy);
    errno = ENOMEM;
    return NULL;
  }
  warpgrid_libc_filesystem_string_t name = {(uint8_t *)copy, strlen(copy)};
  warpgrid_libc_filesystem_fs_error_t error;
  if (!warpgrid_libc_filesystem_list_directory(&name, &folder->entries, &error)) {
    free(folder);
    free(copy);
    errno = EIO;
    return NULL;
  }
  folder->fd = fd;
  folder->path = copy;
  folder->next = open_folders;
  open_folders = folder;
  __warpgrid_folders = &calls;
  return (DIR *)folder;
}

WARPGRID_OVERRIDE DIR *opendir(const char *path) {
  int before = errno;
  DIR *real = __real_opendir(path);
  if (real) return real;
  int error = errno == ENOTCAPABLE ? ENOENT : errno;
  struct warpgrid_node node;
  if (!__warpgrid_look_up(path, &node)) return NULL;
  DIR *folder = NULL;
  if (node.kind == WARPGRID_FOLDER) {
    errno = before;
    int fd = __warpgrid_open_node(&node, O_RDONLY);
    if (fd >= 0) folder = fdopendir(fd);
    if (fd >= 0 && !folder) {
      error = errno;
      close(fd);
      errno = error;
    }
  } else {
    errno = node.kind == WARPGRID_NOT_VIRTUAL ? error : ENOTDIR;
  }
  free(node.path);
  return folder;
}

static int collect(DIR *folder, struct dirent ***out, int (*select)(const struct dirent *)) {
  struct dirent **names = NULL;
  int count = 0, room = 0;
  struct dirent *entry;
  while ((entry = readdir(folder))) {
    if (select && !select(entry)) continue;
    if (count == room) {
      room = room ? room * 2 : 8;
      struct dirent **grown = realloc(names, (size_t)room * sizeof *names);
      if (!grown) goto no_memory;
      names = grown;
    }
    size_t size = sizeof *entry + strlen(entry->d_name) + 1;
    if (!(names[count] = malloc(size))) goto no_memory;
    memcpy(names[count++], entry, size);
  }
  *out = names;
  return count;
no_memory:
  while (count) free(names[--count]);
  free(names);
  errno = ENOMEM;
  return -1;
}

WARPGRID_OVERRIDE int scandir(const char *path, struct dirent ***out, int (*select)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **)) {
  struct warpgrid_node node;
  if (!__warpgrid_look_up(path, &node)) return -1;
  bool is_virtual = node.kind == WARPGRID_FOLDER;
  free(node.path);
  if (!is_virtual) return __real_scandir(path, out, select, compare);
  DIR *folder = opendir(path);
  if (!folder) return -1;
  int count = collect(folder, out, select);
  closedir(folder);
  if (count > 0 && compare)
    qsort(*out, (size_t)count, sizeof **out, (int (*)(const void *, const void *))compare);
  return count;
}
