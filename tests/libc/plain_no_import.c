//! A program that uses no shimmed function has no shim import and runs on any host.
//! stock: same
//! run: warp wasmtime
//! imports: none
//! args: one two
//! stdout: 3 arguments, 12.500 0x1f
//! stdout: utc: 1970-01-01 00:00:00
//! exit: 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int count, char **arguments) {
  (void)arguments;
  char *copy = strdup("12.5");
  printf("%d arguments, %.3f %#x\n", count, strtod(copy, NULL), 31);
  free(copy);
  time_t zero = 0;
  char text[32];
  strftime(text, sizeof text, "%F %T", gmtime(&zero));
  printf("utc: %s\n", text);
  return 1;
}
