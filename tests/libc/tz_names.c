//! tzset fills tzname, timezone and daylight; they are declared by time.h.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: America/New_York: EST EDT 18000 1
//! stdout: Europe/London: GMT BST 0 1
//! stdout: Australia/Sydney: AEST AEDT -36000 1
//! stdout: UTC: UTC UTC 0 0
//! stdout: <-03>3: -03 -03 10800 0
//! stdout: No/Where: UTC UTC 0 0
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(void) {
  static const char *const zones[] = {"America/New_York", "Europe/London", "Australia/Sydney",
                                      "UTC", "<-03>3", "No/Where"};
  for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
    setenv("TZ", zones[i], 1);
    tzset();
    printf("%s: %s %s %ld %d\n", zones[i], tzname[0], tzname[1], timezone, daylight);
  }
}
