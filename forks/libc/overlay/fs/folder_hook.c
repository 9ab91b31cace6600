/* readdir and its kin. Knows no interface of the host. */
#include <dirent.h>
#include <unistd.h>

#include "folder.h"
#include "../override.h"

struct dirent *__real_readdir(DIR *);
int __real_fdclosedir(DIR *);
int __real_closedir(DIR *);
void __real_rewinddir(DIR *);
void __real_seekdir(DIR *, long);
long __real_telldir(DIR *);
int __real_dirfd(DIR *);

const struct warpgrid_folder_calls *__warpgrid_folders;

WARPGRID_OVERRIDE struct dirent *readdir(DIR *folder) {
  if (!warpgrid_is_virtual_folder(folder)) return __real_readdir(folder);
  return __warpgrid_folders->read(folder);
}

WARPGRID_OVERRIDE int fdclosedir(DIR *folder) {
  if (!warpgrid_is_virtual_folder(folder)) return __real_fdclosedir(folder);
  return __warpgrid_folders->detach(folder);
}

WARPGRID_OVERRIDE int closedir(DIR *folder) {
  if (!warpgrid_is_virtual_folder(folder)) return __real_closedir(folder);
  return close(__warpgrid_folders->detach(folder));
}

WARPGRID_OVERRIDE void rewinddir(DIR *folder) {
  if (!warpgrid_is_virtual_folder(folder))
    __real_rewinddir(folder);
  else
    __warpgrid_folders->seek(folder, 0);
}

WARPGRID_OVERRIDE void seekdir(DIR *folder, long position) {
  if (!warpgrid_is_virtual_folder(folder))
    __real_seekdir(folder, position);
  else
    __warpgrid_folders->seek(folder, position);
}

WARPGRID_OVERRIDE long telldir(DIR *folder) {
  if (!warpgrid_is_virtual_folder(folder)) return __real_telldir(folder);
  return __warpgrid_folders->tell(folder);
}

WARPGRID_OVERRIDE int dirfd(DIR *folder) {
  if (!warpgrid_is_virtual_folder(folder)) return __real_dirfd(folder);
  return __warpgrid_folders->descriptor(folder);
}
