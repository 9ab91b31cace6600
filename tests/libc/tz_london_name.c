//! strftime %Z gives the abbreviation of the virtual zone, in winter and in summer.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: GMT +0000
//! stdout: BST +0100
//! stdout: gmtime stays UTC
//! stdout: a struct filled by hand has no name: ''
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(void) {
  setenv("TZ", "Europe/London", 1);
  time_t winter = 1705320000, summer = 1721044800;
  char text[64];
  strftime(text, sizeof text, "%Z %z", localtime(&winter));
  puts(text);
  strftime(text, sizeof text, "%Z %z", localtime(&summer));
  puts(text);
  strftime(text, sizeof text, "%Z", gmtime(&summer));
  printf("gmtime stays %s\n", text);
  struct tm hand;
  memset(&hand, 0, sizeof hand);
  hand.__tm_zone = (const char *)64;
  size_t length = strftime(text, sizeof text, "%Z", &hand);
  printf("a struct filled by hand has no name: '%.*s'\n", (int)length, text);
}
