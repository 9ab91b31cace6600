//! Reads of 1 and 16 bytes, seeks from every end, and reads at an offset give the right bytes.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: byte by byte: 35, same
//! stdout: sixteen: 16 16 3, same
//! stdout: from the start: 6 line
//! stdout: from here: 11 second
//! stdout: from the end: 32 ne
//! stdout: behind the end: 100, reads 0
//! stdout: before the start: Invalid argument
//! stdout: pread keeps the position: second, 35
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char whole[] = "first line\nsecond line\n\nfourth line";

int main(void) {
  char buffer[64];
  size_t at = 0;
  ssize_t got;
  int fd = open("/etc/warpgrid/three.txt", O_RDONLY);
  if (fd < 0) return perror("open"), 1;
  while ((got = read(fd, buffer + at, 1)) == 1) at++;
  printf("byte by byte: %zu, %s\n", at, memcmp(buffer, whole, sizeof whole - 1) ? "different" : "same");

  lseek(fd, 0, SEEK_SET);
  printf("sixteen:");
  for (at = 0; (got = read(fd, buffer + at, 16)) > 0; at += got) printf(" %zd", got);
  printf(", %s\n", memcmp(buffer, whole, sizeof whole - 1) ? "different" : "same");

  off_t where = lseek(fd, 6, SEEK_SET);
  read(fd, buffer, 4);
  printf("from the start: %lld %.4s\n", (long long)where, buffer);
  where = lseek(fd, 1, SEEK_CUR);
  read(fd, buffer, 6);
  printf("from here: %lld %.6s\n", (long long)where, buffer);
  where = lseek(fd, -3, SEEK_END);
  read(fd, buffer, 1);
  got = read(fd, buffer, 2);
  printf("from the end: %lld %.2s\n", (long long)where, buffer);
  where = lseek(fd, 100, SEEK_SET);
  printf("behind the end: %lld, reads %zd\n", (long long)where, read(fd, buffer, 1));
  printf("before the start: %s\n", lseek(fd, -1, SEEK_SET) < 0 ? strerror(errno) : "accepted");
  lseek(fd, 0, SEEK_END);
  pread(fd, buffer, 6, 11);
  printf("pread keeps the position: %.6s, %lld\n", buffer, (long long)lseek(fd, 0, SEEK_CUR));
  close(fd);
}
