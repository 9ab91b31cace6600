//! /dev/null swallows and is empty; /dev/urandom gives new bytes at each read.
//! config: files.toml
//! stock: skip
//! run: warp
//! stdout: null read 0, write 3, seek 0
//! stdout: stdio to null: 5
//! stdout: urandom: 32 bytes, 1 MiB and a bit: yes
//! stdout: two reads differ: yes
//! stdout: urandom is not written: Read-only file system
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void) {
  int null = open("/dev/null", O_RDWR);
  if (null < 0) return perror("null"), 1;
  char one[32], other[32];
  ssize_t got = read(null, one, sizeof one), put = write(null, "abc", 3);
  printf("null read %zd, write %zd, seek %lld\n", got, put, (long long)lseek(null, 7, SEEK_SET));
  close(null);
  FILE *sink = fopen("/dev/null", "w");
  int printed = sink ? fprintf(sink, "hello") : -1;
  printf("stdio to null: %d\n", sink && !fclose(sink) ? printed : -1);

  int random = open("/dev/urandom", O_RDONLY);
  if (random < 0) return perror("urandom"), 1;
  got = read(random, one, sizeof one);
  read(random, other, sizeof other);
  size_t wanted = (1 << 20) + 17, have = 0;
  char *large = malloc(wanted);
  for (ssize_t part; have < wanted && (part = read(random, large + have, wanted - have)) > 0;) have += part;
  printf("urandom: %zd bytes, 1 MiB and a bit: %s\n", got, have == wanted ? "yes" : "no");
  printf("two reads differ: %s\n", memcmp(one, other, sizeof one) ? "yes" : "no");
  printf("urandom is not written: %s\n", open("/dev/urandom", O_WRONLY) < 0 ? strerror(errno) : "opened");
}
