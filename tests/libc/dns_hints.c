//! Family, socket type, protocol and flags of the hints are kept, and wrong ones are refused.
//! targets: wasm32-wasip2
//! config: names.toml
//! stock: skip
//! run: warp
//! stdout: family 4: 10.0.1.7/t 10.0.1.8/t
//! stdout: family 6: fd00::7/t
//! stdout: any: 10.0.1.7/t 10.0.1.8/t fd00::7/t
//! stdout: datagram: fd00::7/u
//! stdout: protocol: fd00::7/u
//! stdout: canonical: cache.staging.warp.local
//! stdout: mapped: ::ffff:10.0.0.5/t
//! stdout: no such family: Name has no usable address
//! stdout: flags: Invalid flags
//! stdout: family: Unrecognized address family or invalid length
//! stdout: type: Unrecognized socket type
//! stdout: nothing: Name does not resolve
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int by_text(const void *one, const void *other) { return strcmp(one, other); }

static void show(const char *label, const char *host, struct addrinfo hints) {
  struct addrinfo *list;
  char found[8][64];
  size_t count = 0;
  int code = getaddrinfo(host, NULL, &hints, &list);
  if (code) {
    printf("%s: %s\n", label, gai_strerror(code));
    return;
  }
  if (hints.ai_flags & AI_CANONNAME) {
    printf("%s: %s\n", label, list->ai_canonname);
    freeaddrinfo(list);
    return;
  }
  for (struct addrinfo *at = list; at; at = at->ai_next) {
    getnameinfo(at->ai_addr, at->ai_addrlen, found[count], 60, NULL, 0, NI_NUMERICHOST);
    strcat(found[count++], at->ai_socktype == SOCK_STREAM ? "/t" : "/u");
  }
  freeaddrinfo(list);
  /* The host rotates the addresses of a name. */
  qsort(found, count, sizeof *found, by_text);
  printf("%s:", label);
  for (size_t i = 0; i < count; i++) printf(" %s", found[i]);
  puts("");
}

int main(void) {
  const char *name = "cache.staging.warp.local", *four = "db.production.warp.local";
  struct addrinfo *unused;
  show("family 4", name, (struct addrinfo){.ai_family = AF_INET, .ai_socktype = SOCK_STREAM});
  show("family 6", name, (struct addrinfo){.ai_family = AF_INET6, .ai_socktype = SOCK_STREAM});
  show("any", name, (struct addrinfo){.ai_socktype = SOCK_STREAM});
  show("datagram", name, (struct addrinfo){.ai_family = AF_INET6, .ai_socktype = SOCK_DGRAM});
  show("protocol", name, (struct addrinfo){.ai_family = AF_INET6, .ai_protocol = IPPROTO_UDP});
  show("canonical", name, (struct addrinfo){.ai_flags = AI_CANONNAME});
  show("mapped", four,
       (struct addrinfo){.ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_V4MAPPED});
  show("no such family", four, (struct addrinfo){.ai_family = AF_INET6});
  show("flags", name, (struct addrinfo){.ai_flags = 1 << 20});
  show("family", name, (struct addrinfo){.ai_family = 77});
  show("type", name, (struct addrinfo){.ai_socktype = SOCK_STREAM, .ai_protocol = IPPROTO_UDP});
  printf("nothing: %s\n", gai_strerror(getaddrinfo(NULL, NULL, NULL, &unused)));
}
