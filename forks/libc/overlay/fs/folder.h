/* The door between readdir and its kin and open virtual folders, as
 * descriptor.h is for descriptors. */
#ifndef WARPGRID_FS_FOLDER_H
#define WARPGRID_FS_FOLDER_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

struct warpgrid_folder_calls {
  bool (*owns)(DIR *folder);
  struct dirent *(*read)(DIR *folder);
  void (*seek)(DIR *folder, long position);
  long (*tell)(DIR *folder);
  int (*descriptor)(DIR *folder);
  /* Frees the folder; the descriptor stays open and is returned. */
  int (*detach)(DIR *folder);
};

extern const struct warpgrid_folder_calls *__warpgrid_folders;

static inline bool warpgrid_is_virtual_folder(DIR *folder) {
  return __warpgrid_folders != NULL && __warpgrid_folders->owns(folder);
}

#endif
