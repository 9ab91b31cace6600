//! Nothing virtual is opened for writing or changed: EROFS.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: fopen w: Read-only file system
//! stdout: fopen a: Read-only file system
//! stdout: fopen r+: Read-only file system
//! stdout: open write: Read-only file system
//! stdout: open truncate: Read-only file system
//! stdout: creat: Read-only file system
//! stdout: truncate: Read-only file system
//! stdout: unlink: Read-only file system
//! stdout: remove: Read-only file system
//! stdout: rename from: Read-only file system
//! stdout: mkdir over a file: File exists
//! stdout: create exclusively: File exists
//! stdout: still there: 35
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const path = "/etc/warpgrid/three.txt";

static void show(const char *label, int failed) {
  int reason = errno;
  printf("%s: %s\n", label, failed ? strerror(reason) : "done");
}

int main(void) {
  show("fopen w", !fopen(path, "w"));
  show("fopen a", !fopen(path, "a"));
  show("fopen r+", !fopen(path, "r+"));
  show("open write", open(path, O_WRONLY) < 0);
  show("open truncate", open(path, O_RDONLY | O_TRUNC) < 0);
  show("creat", creat(path, 0644) < 0);
  show("truncate", truncate(path, 3) < 0);
  show("unlink", unlink(path) < 0);
  show("remove", remove(path) < 0);
  show("rename from", rename(path, "/data/elsewhere") < 0);
  show("mkdir over a file", mkdir(path, 0755) < 0);
  show("create exclusively", open(path, O_WRONLY | O_CREAT | O_EXCL, 0644) < 0);
  struct stat status;
  printf("still there: %lld\n", stat(path, &status) ? -1LL : (long long)status.st_size);
}
