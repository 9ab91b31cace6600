//! Virtual paths are found however they are spelled, and only where they are.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: /etc/warpgrid/three.txt: there
//! stdout: //etc///warpgrid//three.txt: there
//! stdout: /etc/./warpgrid/./three.txt: there
//! stdout: /usr/../etc/warpgrid/three.txt: there
//! stdout: /../../etc/warpgrid/three.txt: there
//! stdout: /etc/warpgrid/three.txt/: Not a directory
//! stdout: /etc/warpgrid/three.txt/.: Not a directory
//! stdout: /etc/warpgrid/three.tx: No such file or directory
//! stdout: /etc/warpgrid/three.txtx: No such file or directory
//! stdout: : there
//! stdout: long: Filename too long
//! stdout: realpath: /etc/warpgrid/three.txt
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void show(const char *label, const char *path) {
  int fd = open(path, O_RDONLY);
  printf("%s: %s\n", label, fd < 0 ? strerror(errno) : "there");
  if (fd >= 0) close(fd);
}

int main(void) {
  static const char *const paths[] = {
      "/etc/warpgrid/three.txt",        "//etc///warpgrid//three.txt",   "/etc/./warpgrid/./three.txt",
      "/usr/../etc/warpgrid/three.txt", "/../../etc/warpgrid/three.txt", "/etc/warpgrid/three.txt/",
      "/etc/warpgrid/three.txt/.",      "/etc/warpgrid/three.tx",        "/etc/warpgrid/three.txtx",
      // wasi-libc takes it as the folder that relative paths start at.
      ""};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) show(paths[i], paths[i]);
  char long_path[6000];
  memset(long_path, 'x', sizeof long_path - 1);
  long_path[0] = '/';
  long_path[sizeof long_path - 1] = 0;
  show("long", long_path);
  char *real = realpath("/etc/../etc/warpgrid/three.txt", NULL);
  printf("realpath: %s\n", real ? real : strerror(errno));
  free(real);
}
