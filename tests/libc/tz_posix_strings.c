//! POSIX TZ strings need no database: rules by month, by day, over the new year, south of the equator.
//! stock: skip
//! run: warp composed
//! stdout: UTC: Jan UTC +0000, Jul UTC +0000
//! stdout: EST5EDT,M3.2.0,M11.1.0: Jan EST -0500, Jul EDT -0400
//! stdout: CET-1CEST,M3.5.0,M10.5.0/3: Jan CET +0100, Jul CEST +0200
//! stdout: <+0330>-3:30: Jan +0330 +0330, Jul +0330 +0330
//! stdout: AEST-10AEDT,M10.1.0,M4.1.0/3: Jan AEDT +1100, Jul AEST +1000
//! stdout: XST3XDT2:15,J60/1,J300: Jan XST -0300, Jul XDT -0215
//! stdout: YST0YDT,59,300/-1: Jan YST +0000, Jul YDT +0100
//! stdout: IST-1GMT0,M10.5.0,M3.5.0/1: Jan GMT +0000, Jul IST +0100
//! stdout: PST8PDT: Jan PST -0800, Jul PDT -0700
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(void) {
  static const char *const zones[] = {"UTC",
                                      "EST5EDT,M3.2.0,M11.1.0",
                                      "CET-1CEST,M3.5.0,M10.5.0/3",
                                      "<+0330>-3:30",
                                      "AEST-10AEDT,M10.1.0,M4.1.0/3",
                                      "XST3XDT2:15,J60/1,J300",
                                      "YST0YDT,59,300/-1",
                                      "IST-1GMT0,M10.5.0,M3.5.0/1",
                                      "PST8PDT"};
  time_t winter = 1705320000, summer = 1721044800;
  for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
    char one[64], other[64];
    setenv("TZ", zones[i], 1);
    strftime(one, sizeof one, "%b %Z %z", localtime(&winter));
    strftime(other, sizeof other, "%b %Z %z", localtime(&summer));
    printf("%s: %s, %s\n", zones[i], one, other);
  }
}
