//! readv and preadv fill their parts in order and stop at the end.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: readv 10: first| lin|e
//! stdout: then: second
//! stdout: preadv 11: secon|d li|ne
//! stdout: short: 3
//! stdout: at the end: 0
//! stdout: empty file: 0
//! stdout: too many parts: Invalid argument
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void) {
  char a[6] = {0}, b[5] = {0}, c[3] = {0}, more[8] = {0};
  struct iovec parts[] = {{a, 5}, {b, 4}, {c, 1}};
  int fd = open("/etc/warpgrid/three.txt", O_RDONLY);
  if (fd < 0) return perror("open"), 1;
  printf("readv %zd: %s|%s|%s\n", readv(fd, parts, 3), a, b, c);
  read(fd, more, 1);
  read(fd, more, 6);
  printf("then: %s\n", more);
  parts[2].iov_len = 2;
  ssize_t got = preadv(fd, parts, 3, 11);
  printf("preadv %zd: %s|%s|%s\n", got, a, b, c);
  printf("short: %zd\n", preadv(fd, parts, 3, 32));
  lseek(fd, 0, SEEK_END);
  printf("at the end: %zd\n", readv(fd, parts, 3));
  int empty = open("/etc/warpgrid/empty.txt", O_RDONLY);
  printf("empty file: %zd\n", read(empty, c, 1));
  printf("too many parts: %s\n", readv(fd, parts, IOV_MAX + 1) < 0 ? strerror(errno) : "accepted");
}
