//! gethostbyname and its forms give the host's addresses; what it does not know sets h_errno.
//! targets: wasm32-wasip2
//! config: names.toml
//! stock: skip
//! run: warp
//! stdout: cache.staging.warp.local 10.0.1.7 10.0.1.8
//! stdout: six: fd00::7
//! stdout: numeric: 192.0.2.9
//! stdout: NULL: Host not found
//! stdout: wrong name: Host not found
//! stdout: reentrant: 10.0.0.5 (0, 0)
//! stdout: small buffer: out of range
//! stdout: reentrant, unknown: 0, none, Host not found
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int by_text(const void *one, const void *other) { return strcmp(one, other); }

static void print(struct hostent *host) {
  char found[8][INET6_ADDRSTRLEN];
  size_t count = 0;
  for (char **at = host->h_addr_list; *at; at++)
    inet_ntop(host->h_addrtype, *at, found[count++], sizeof *found);
  qsort(found, count, sizeof *found, by_text);
  for (size_t i = 0; i < count; i++) printf(" %s", found[i]);
}

int main(void) {
  struct hostent *host = gethostbyname("cache.staging.warp.local"), room, *result;
  if (!host) return printf("cache: %s\n", hstrerror(h_errno));
  printf("%s", host->h_name);
  print(host);
  host = gethostbyname2("cache.staging.warp.local", AF_INET6);
  printf("\nsix:");
  if (host) print(host);
  host = gethostbyname("192.0.2.9");
  printf("\nnumeric:");
  if (host) print(host);

  host = gethostbyname(NULL);
  printf("\nNULL: %s\n", host ? "found" : hstrerror(h_errno));
  host = gethostbyname("not a name");
  printf("wrong name: %s\n", host ? "found" : hstrerror(h_errno));

  char buffer[256];
  int error = 0, code = gethostbyname_r("db.production.warp.local", &room, buffer, sizeof buffer, &result, &error);
  printf("reentrant:");
  if (result) print(result);
  printf(" (%d, %d)\n", code, error);
  code = gethostbyname_r("db.production.warp.local", &room, buffer, 16, &result, &error);
  printf("small buffer: %s\n", code == ERANGE && !result ? "out of range" : "accepted");
  code = gethostbyname_r("not a name", &room, buffer, sizeof buffer, &result, &error);
  printf("reentrant, unknown: %d, %s, %s\n", code, result ? "found" : "none", hstrerror(error));
}
