//! Virtual folders are listed, rewound, searched and entered by descriptor.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: . .. empty.txt three.txt
//! stdout: again: 4 names
//! stdout: told and sought: same name
//! stdout: types: 2 files, 2 folders
//! stdout: inode as stat says: yes
//! stdout: scandir: empty.txt three.txt
//! stdout: openat below the folder: first
//! stdout: fdopendir: 4 names
//! stdout: a file is no folder: Not a directory
//! stdout: read of a folder: refused
//! stdout: write to a folder: Is a directory
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_name(const struct dirent **one, const struct dirent **other) {
  return strcmp((*one)->d_name, (*other)->d_name);
}

static int visible(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static int count(DIR *folder) {
  int names = 0;
  while (readdir(folder)) names++;
  return names;
}

int main(void) {
  DIR *folder = opendir("/etc/warpgrid");
  if (!folder) return perror("opendir"), 1;
  struct dirent *entry;
  int files = 0, folders = 0, same = 0;
  for (const char *gap = ""; (entry = readdir(folder)); gap = " ") {
    printf("%s%s", gap, entry->d_name);
    files += entry->d_type == DT_REG;
    folders += entry->d_type == DT_DIR;
    struct stat status;
    if (!strcmp(entry->d_name, "three.txt") && !stat("/etc/warpgrid/three.txt", &status))
      same = status.st_ino == entry->d_ino;
  }
  rewinddir(folder);
  printf("\nagain: %d names\n", count(folder));
  rewinddir(folder);
  readdir(folder);
  readdir(folder);
  long place = telldir(folder);
  char name[64];
  strcpy(name, readdir(folder)->d_name);
  readdir(folder);
  seekdir(folder, place);
  printf("told and sought: %s\n", !strcmp(readdir(folder)->d_name, name) ? "same name" : "another name");
  printf("types: %d files, %d folders\n", files, folders);
  printf("inode as stat says: %s\n", same ? "yes" : "no");
  closedir(folder);

  struct dirent **list;
  int names = scandir("/etc/warpgrid", &list, visible, by_name);
  printf("scandir:");
  for (int i = 0; i < names; i++) {
    printf(" %s", list[i]->d_name);
    free(list[i]);
  }
  if (names >= 0) free(list);

  int fd = open("/etc/warpgrid", O_RDONLY | O_DIRECTORY);
  int file = openat(fd, "three.txt", O_RDONLY);
  char word[8] = {0};
  read(file, word, 5);
  printf("\nopenat below the folder: %s\n", word);
  folder = fdopendir(fd);
  printf("fdopendir: %d names\n", folder ? count(folder) : -1);
  if (folder) closedir(folder);
  printf("a file is no folder: %s\n", fdopendir(file) ? "opened" : strerror(errno));
  fd = open("/etc/warpgrid", O_RDONLY);
  printf("read of a folder: %s\n", read(fd, word, 1) < 0 ? "refused" : "works");
  printf("write to a folder: %s\n", open("/etc/warpgrid", O_WRONLY) < 0 ? strerror(errno) : "works");
}
