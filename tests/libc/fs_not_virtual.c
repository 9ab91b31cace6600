//! A path that is not virtual is upstream's: a preopened folder is read and written as ever.
//! stock: same
//! run: warp composed
//! dir: /data
//! stdout: wrote 5
//! stdout: read hello
//! stdout: size 5
//! stdout: access 0
//! stdout: listed note.txt
//! stdout: removed 0
//! stdout: gone: No such file or directory
//! stdout: outside: No such file or directory
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void) {
  const char *path = "/data/note.txt";
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) return perror("open"), 1;
  printf("wrote %zd\n", write(fd, "hello", 5));
  close(fd);
  char buffer[16] = {0};
  FILE *file = fopen(path, "r");
  if (!file) return perror("fopen"), 1;
  size_t got = fread(buffer, 1, sizeof buffer, file);
  fclose(file);
  printf("read %.*s\n", (int)got, buffer);
  struct stat status;
  printf("size %lld\n", stat(path, &status) ? -1LL : (long long)status.st_size);
  printf("access %d\n", access(path, R_OK));
  DIR *folder = opendir("/data");
  struct dirent *entry;
  while (folder && (entry = readdir(folder)))
    if (entry->d_name[0] != '.') printf("listed %s\n", entry->d_name);
  if (folder) closedir(folder);
  printf("removed %d\n", unlink(path));
  printf("gone: %s\n", open(path, O_RDONLY) < 0 ? strerror(errno) : "there");
  printf("outside: %s\n", open("/nowhere/at/all", O_RDONLY) < 0 ? strerror(errno) : "there");
}
