//! Where there is no WarpGrid host, virtual paths do not exist, as with the stock library.
//! stock: same
//! run: composed
//! stdout: fopen: No such file or directory
//! stdout: open: No such file or directory
//! stdout: stat: No such file or directory
//! stdout: access: No such file or directory
//! stdout: opendir: No such file or directory
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void show(const char *label, int failed) {
  int reason = errno;
  printf("%s: %s\n", label, failed ? strerror(reason) : "there");
}

int main(void) {
  struct stat status;
  show("fopen", !fopen("/etc/resolv.conf", "r"));
  show("open", open("/etc/hosts", O_RDONLY) < 0);
  show("stat", stat("/etc/hosts", &status) < 0);
  show("access", access("/etc/hosts", R_OK) < 0);
  show("opendir", !opendir("/usr/share/zoneinfo"));
}
