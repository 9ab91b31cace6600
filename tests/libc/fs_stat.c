//! stat, lstat, fstat and fstatat agree about virtual files, folders and devices.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: file: regular 444 35, same by 4 ways
//! stdout: folder: folder
//! stdout: device: device
//! stdout: inodes differ: yes
//! stdout: missing: No such file or directory
//! stdout: through a file: Not a directory
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *kind(mode_t mode) {
  return S_ISREG(mode) ? "regular" : S_ISDIR(mode) ? "folder" : S_ISCHR(mode) ? "device" : "unknown";
}

int main(void) {
  const char *path = "/etc/warpgrid/three.txt";
  struct stat one, other;
  if (stat(path, &one)) return perror("stat"), 1;
  int same = 1, fd = open(path, O_RDONLY);
  same += !lstat(path, &other) && other.st_ino == one.st_ino && other.st_size == one.st_size;
  same += !fstat(fd, &other) && other.st_ino == one.st_ino && other.st_mode == one.st_mode;
  same += !fstatat(AT_FDCWD, path, &other, 0) && other.st_ino == one.st_ino && other.st_dev == one.st_dev;
  close(fd);
  printf("file: %s %o %lld, same by %d ways\n", kind(one.st_mode), one.st_mode & 0777, (long long)one.st_size, same);
  if (stat("/etc/warpgrid", &other)) return perror("stat folder"), 1;
  // WASI tells no permissions of a folder.
  printf("folder: %s\n", kind(other.st_mode));
  if (stat("/dev/null", &other)) return perror("stat device"), 1;
  printf("device: %s\n", kind(other.st_mode));
  printf("inodes differ: %s\n", one.st_ino != other.st_ino ? "yes" : "no");
  printf("missing: %s\n", stat("/etc/warpgrid/none", &other) ? strerror(errno) : "there");
  printf("through a file: %s\n", stat("/etc/warpgrid/three.txt/", &other) ? strerror(errno) : "there");
}
