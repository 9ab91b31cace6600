//! Without TZ, /etc/localtime is the zone; an empty TZ is UTC.
//! config: berlin.toml
//! stock: skip
//! run: warp
//! stdout: unset: 2024-07-15 14:00:00 CEST
//! stdout: empty: 2024-07-15 12:00:00 UTC
//! stdout: by path: 2024-07-15 13:00:00 BST
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void show(const char *label) {
  time_t t = 1721044800;
  char text[64];
  strftime(text, sizeof text, "%F %T %Z", localtime(&t));
  printf("%s: %s\n", label, text);
}

int main(void) {
  show("unset");
  setenv("TZ", "", 1);
  show("empty");
  setenv("TZ", ":/usr/share/zoneinfo/Europe/London", 1);
  show("by path");
}
