//! access and faccessat of virtual paths: readable, not writable, folders can be entered.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: exists: yes
//! stdout: read: yes
//! stdout: write: Read-only file system
//! stdout: execute: Permission denied
//! stdout: folder: yes
//! stdout: null is writable: yes
//! stdout: missing: No such file or directory
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void show(const char *label, int result) {
  int reason = errno;
  printf("%s: %s\n", label, result ? strerror(reason) : "yes");
}

int main(void) {
  const char *path = "/etc/warpgrid/three.txt";
  show("exists", access(path, F_OK));
  show("read", faccessat(AT_FDCWD, path, R_OK, 0));
  show("write", access(path, R_OK | W_OK));
  show("execute", access(path, X_OK));
  show("folder", access("/etc/warpgrid", R_OK | X_OK));
  show("null is writable", access("/dev/null", W_OK));
  show("missing", access("/etc/warpgrid/none", F_OK));
}
