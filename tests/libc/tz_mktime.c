//! mktime is the inverse of localtime, in gaps and repeated hours too.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: round trips: 40000 of 40000
//! stdout: in the gap: 1710055800 03:30 1
//! stdout: repeated, summer: 1730611800
//! stdout: repeated, winter: 1730615400
//! stdout: winter time said in summer: 1721048400
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static time_t make(int month, int day, int hour, int minute, int dst, struct tm *tm) {
  *tm = (struct tm){.tm_year = 124, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute,
                    .tm_isdst = dst};
  return mktime(tm);
}

int main(void) {
  static const char *const zones[] = {"America/New_York", "Europe/London", "Australia/Sydney", "CET-1CEST"};
  int good = 0, all = 0;
  for (size_t i = 0; i < 4; i++) {
    setenv("TZ", zones[i], 1);
    for (int j = 0; j < 10000; j++, all++) {
      time_t t = -2000000000 + (time_t)j * 500003;
      struct tm tm = *localtime(&t);
      good += mktime(&tm) == t;
    }
  }
  printf("round trips: %d of %d\n", good, all);
  setenv("TZ", "America/New_York", 1);
  struct tm tm;
  time_t gap = make(3, 10, 2, 30, -1, &tm);
  printf("in the gap: %lld %02d:%02d %d\n", (long long)gap, tm.tm_hour, tm.tm_min, tm.tm_isdst);
  printf("repeated, summer: %lld\n", (long long)make(11, 3, 1, 30, 1, &tm));
  printf("repeated, winter: %lld\n", (long long)make(11, 3, 1, 30, 0, &tm));
  printf("winter time said in summer: %lld\n", (long long)make(7, 15, 8, 0, 0, &tm));
}
