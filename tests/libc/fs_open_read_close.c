//! A virtual file has a descriptor that read and close take; a closed one is none.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: read 35 bytes, then 0
//! stdout: starts with first line
//! stdout: close 0, then Bad file descriptor
//! stdout: read after close: Bad file descriptor
//! stdout: write: Bad file descriptor
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  int fd = open("/etc/warpgrid/three.txt", O_RDONLY);
  if (fd < 0) return perror("open"), 1;
  char buffer[128];
  ssize_t first = read(fd, buffer, sizeof buffer), second = read(fd, buffer + first, 1);
  printf("read %zd bytes, then %zd\n", first, second);
  printf("starts with %.10s\n", buffer);
  int third = write(fd, "x", 1), reason = errno;
  int closed = close(fd);
  printf("close %d, then ", closed);
  printf("%s\n", close(fd) < 0 ? strerror(errno) : "closed again");
  printf("read after close: %s\n", read(fd, buffer, 1) < 0 ? strerror(errno) : "works");
  printf("write: %s\n", third < 0 ? strerror(reason) : "works");
}
