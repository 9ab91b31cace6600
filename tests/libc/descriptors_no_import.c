//! Descriptor calls alone do not make a program need the host: read, write, poll, fstat, lseek, close.
//! stock: same
//! run: warp wasmtime
//! imports: none
//! stdout: poll 1
//! stdout: write 3 abc
//! stdout: terminal 0
//! stdout: bad: Bad file descriptor
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

int main(void) {
  struct pollfd out = {.fd = 1, .events = POLLOUT};
  printf("poll %d\n", poll(&out, 1, 0));
  fflush(stdout);
  struct iovec parts[] = {{"write 3 ", 8}};
  writev(1, parts, 1);
  write(1, "abc\n", 4);
  printf("terminal %d\n", isatty(1));
  char byte;
  struct stat status;
  int all = close(12345) < 0 && read(12345, &byte, 1) < 0 && fstat(12345, &status) < 0 &&
            fcntl(12345, F_GETFL) < 0 && pread(12345, &byte, 1, 0) < 0 && lseek(12345, 1, SEEK_SET) < 0;
  printf("bad: %s\n", all ? strerror(errno) : "accepted");
}
