//! TZ may change at any time, and a name stays valid after it did.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: EDT BST EDT
//! stdout: kept: EDT
//! stdout: a thousand changes: 0 pages
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct tm in(const char *zone) {
  time_t t = 1721044800;
  struct tm tm;
  setenv("TZ", zone, 1);
  localtime_r(&t, &tm);
  return tm;
}

int main(void) {
  char one[16], two[16], three[16];
  struct tm kept = in("America/New_York"), london = in("Europe/London"), again = in("America/New_York");
  strftime(one, sizeof one, "%Z", &kept);
  strftime(two, sizeof two, "%Z", &london);
  strftime(three, sizeof three, "%Z", &again);
  printf("%s %s %s\n", one, two, three);
  in("UTC");
  strftime(one, sizeof one, "%Z", &kept);
  printf("kept: %s\n", one);
  /* setenv itself keeps old values: both strings are set once here. */
  static char first[] = "TZ=Europe/London", second[] = "TZ=America/New_York";
  time_t t = 1721044800;
  size_t before = 0;
  for (int i = 0; i < 1010; i++) {
    if (i == 10) before = __builtin_wasm_memory_size(0);
    putenv(i % 2 ? first : second);
    localtime(&t);
  }
  printf("a thousand changes: %zu pages\n", __builtin_wasm_memory_size(0) - before);
}
