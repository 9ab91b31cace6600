//! Numeric hosts ask nobody: they work where no look-up is allowed, with and without AI_NUMERICHOST.
//! targets: wasm32-wasip2
//! stock: skip
//! run: warp composed
//! stdout: 127.0.0.1: 127.0.0.1
//! stdout: 127.1: 127.0.0.1
//! stdout: ::1: ::1
//! stdout: fe80::1%3: fe80::1%3
//! stdout: name: Name does not resolve
//! stdout: NULL: 127.0.0.1 ::1
//! stdout: passive: 0.0.0.0 ::
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

static void show(const char *label, const char *host, int flags) {
  struct addrinfo hints = {.ai_flags = flags, .ai_socktype = SOCK_STREAM}, *list;
  int code = getaddrinfo(host, "1", &hints, &list);
  printf("%s:", label);
  if (code) {
    printf(" %s\n", gai_strerror(code));
    return;
  }
  for (struct addrinfo *at = list; at; at = at->ai_next) {
    char text[64];
    getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
    printf(" %s", text);
  }
  puts("");
  freeaddrinfo(list);
}

int main(void) {
  show("127.0.0.1", "127.0.0.1", AI_NUMERICHOST);
  show("127.1", "127.1", 0);
  show("::1", "::1", AI_NUMERICHOST);
  show("fe80::1%3", "fe80::1%3", 0);
  show("name", "db.production.warp.local", AI_NUMERICHOST);
  show("NULL", NULL, 0);
  show("passive", NULL, AI_PASSIVE);
}
