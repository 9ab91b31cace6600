//! Service names and numbers become ports; what is neither is refused before anybody is asked.
//! targets: wasm32-wasip2
//! stock: skip
//! run: warp composed
//! stdout: 5432: 5432
//! stdout: http: 80
//! stdout: https: 443
//! stdout: none: 0
//! stdout: 65536: Unrecognized service
//! stdout: no-such-service: Unrecognized service
//! stdout: http as a number: Name does not resolve
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static void show(const char *label, const char *service, int flags) {
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = flags}, *list;
  int code = getaddrinfo("127.0.0.1", service, &hints, &list);
  if (code) {
    printf("%s: %s\n", label, gai_strerror(code));
    return;
  }
  printf("%s: %d\n", label, ntohs(((struct sockaddr_in *)list->ai_addr)->sin_port));
  freeaddrinfo(list);
}

int main(void) {
  show("5432", "5432", 0);
  show("http", "http", 0);
  show("https", "https", 0);
  show("none", NULL, 0);
  show("65536", "65536", 0);
  show("no-such-service", "no-such-service", 0);
  show("http as a number", "http", AI_NUMERICSERV);
}
