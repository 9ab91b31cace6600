//! A zone that nobody knows is UTC, and so is no zone at all; nothing crashes.
//! stock: skip
//! run: warp composed
//! stdout: Mars/Olympus: 2024-07-15 12:00:00 UTC +0000
//! stdout: ../../etc/hosts: 2024-07-15 12:00:00 UTC +0000
//! stdout: : 2024-07-15 12:00:00 UTC +0000
//! stdout: ,,,: 2024-07-15 12:00:00 UTC +0000
//! stdout: EST5EDT,M13.9.9: 2024-07-15 12:00:00 UTC +0000
//! stdout: very long: 2024-07-15 12:00:00 UTC +0000
//! stdout: unset: 2024-07-15 12:00:00 UTC +0000
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void show(const char *label) {
  time_t t = 1721044800;
  char text[64];
  strftime(text, sizeof text, "%F %T %Z %z", localtime(&t));
  printf("%s: %s\n", label, text);
}

int main(void) {
  static const char *const zones[] = {"Mars/Olympus", "../../etc/hosts", "", ",,,", "EST5EDT,M13.9.9"};
  for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
    setenv("TZ", zones[i], 1);
    show(zones[i]);
  }
  char long_zone[5000];
  memset(long_zone, 'A', sizeof long_zone - 1);
  long_zone[sizeof long_zone - 1] = 0;
  setenv("TZ", long_zone, 1);
  show("very long");
  unsetenv("TZ");
  show("unset");
}
