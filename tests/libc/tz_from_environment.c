//! TZ from the program's environment is used without a call of tzset.
//! config: files.toml
//! env: TZ=Australia/Sydney
//! stock: skip
//! run: warp
//! stdout: 2024-01-15 23:00:00 AEDT
//! stdout: Mon Jan 15 23:00:00 2024
#include <stdio.h>
#include <time.h>

int main(void) {
  time_t t = 1705320000;
  char text[64];
  struct tm tm;
  strftime(text, sizeof text, "%F %T %Z", localtime_r(&t, &tm));
  puts(text);
  fputs(ctime(&t), stdout);
}
