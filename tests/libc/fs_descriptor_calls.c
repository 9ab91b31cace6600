//! fcntl, ioctl, isatty, fsync and poll answer for virtual descriptors.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: flags: read only
//! stdout: set flags: 0, nonblocking
//! stdout: close on exec: yes
//! stdout: left: 35, after 5: 30
//! stdout: terminal: no, Not a tty
//! stdout: sync: 0 0
//! stdout: advise: 0
//! stdout: poll: 2 ready, read yes, write yes
//! stdout: poll after close: invalid
//! stdout: seekable stream: 5
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(void) {
  int fd = open("/etc/warpgrid/three.txt", O_RDONLY), left, more;
  if (fd < 0) return perror("open"), 1;
  printf("flags: %s\n", (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY ? "read only" : "something else");
  int set = fcntl(fd, F_SETFL, O_NONBLOCK);
  printf("set flags: %d, %s\n", set, fcntl(fd, F_GETFL) & O_NONBLOCK ? "nonblocking" : "blocking");
  printf("close on exec: %s\n", fcntl(fd, F_GETFD) == FD_CLOEXEC ? "yes" : "no");
  char buffer[8];
  ioctl(fd, FIONREAD, &left);
  read(fd, buffer, 5);
  ioctl(fd, FIONREAD, &more);
  printf("left: %d, after 5: %d\n", left, more);
  errno = 0;
  int terminal = isatty(fd);
  printf("terminal: %s, %s\n", terminal ? "yes" : "no", errno == ENOTTY ? "Not a tty" : strerror(errno));
  printf("sync: %d %d\n", fsync(fd), fdatasync(fd));
  printf("advise: %d\n", posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
  struct pollfd set_of[] = {{.fd = fd, .events = POLLIN}, {.fd = 1, .events = POLLOUT}};
  int ready = poll(set_of, 2, -1);
  printf("poll: %d ready, read %s, write %s\n", ready, set_of[0].revents & POLLIN ? "yes" : "no",
         set_of[1].revents & POLLOUT ? "yes" : "no");
  FILE *stream = fdopen(fd, "r");
  long place = ftell(stream);
  fclose(stream);
  poll(set_of, 1, 0);
  printf("poll after close: %s\n", set_of[0].revents & POLLNVAL ? "invalid" : "valid");
  printf("seekable stream: %ld\n", place);
}
