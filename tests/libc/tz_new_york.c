//! localtime with TZ set reads the zone from the virtual time-zone database.
//! config: files.toml
//! stock: skip
//! run: warp
//! imports: filesystem
//! stdout: 2024-01-15 07:00:00 EST -0500 0
//! stdout: 2024-07-15 08:00:00 EDT -0400 1
//! stdout: before the change: 2024-03-10 01:59:59 EST
//! stdout: after the change: 2024-03-10 03:00:00 EDT
//! stdout: 1970: 1969-12-31 19:00:00 EST
//! stdout: after the table: 2049-07-15 08:00:00 EDT
//! stdout: long ago: 1883-11-18 12:00:00 EST
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void show(const char *label, time_t t, const char *format) {
  char text[64];
  strftime(text, sizeof text, format, localtime(&t));
  printf("%s%s\n", label, text);
}

int main(void) {
  setenv("TZ", "America/New_York", 1);
  time_t winter = 1705320000, summer = 1721044800, change = 1710054000;
  char text[64];
  struct tm *tm = localtime(&winter);
  strftime(text, sizeof text, "%F %T %Z %z", tm);
  printf("%s %d\n", text, tm->tm_isdst);
  tm = localtime(&summer);
  strftime(text, sizeof text, "%F %T %Z %z", tm);
  printf("%s %d\n", text, tm->tm_isdst);
  show("before the change: ", change - 1, "%F %T %Z");
  show("after the change: ", change, "%F %T %Z");
  show("1970: ", 0, "%F %T %Z");
  show("after the table: ", 2509963200, "%F %T %Z");
  show("long ago: ", -2717650800, "%F %T %Z");
}
