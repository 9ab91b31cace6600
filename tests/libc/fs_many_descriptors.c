//! A hundred virtual files are open at once, each with its own position; there is an end to it.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: opened 100
//! stdout: read at their own place 100
//! stdout: the lowest free number is used again: yes
//! stdout: opened 4096 in all: No file descriptors available
//! stdout: after all are closed: works
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char whole[] = "first line\nsecond line\n\nfourth line";

int main(void) {
  int fds[100], opened = 0, right = 0;
  for (int i = 0; i < 100; i++) opened += (fds[i] = open("/etc/warpgrid/three.txt", O_RDONLY)) >= 0;
  printf("opened %d\n", opened);
  for (int i = 0; i < 100; i++) lseek(fds[i], i % 35, SEEK_SET);
  for (int i = 0; i < 100; i++) {
    char byte;
    right += read(fds[i], &byte, 1) == 1 && byte == whole[i % 35];
  }
  printf("read at their own place %d\n", right);
  close(fds[50]);
  close(fds[20]);
  int again = open("/etc/warpgrid/three.txt", O_RDONLY);
  printf("the lowest free number is used again: %s\n", again == fds[20] ? "yes" : "no");
  int all = 99, last = again;
  for (int fd; (fd = open("/etc/warpgrid/empty.txt", O_RDONLY)) >= 0; last = fd) all++;
  printf("opened %d in all: %s\n", all, strerror(errno));
  for (int fd = fds[0]; fd <= last; fd++) close(fd);
  printf("after all are closed: %s\n", open("/etc/warpgrid/three.txt", O_RDONLY) >= 0 ? "works" : strerror(errno));
}
