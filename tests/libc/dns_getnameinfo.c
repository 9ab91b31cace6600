//! getnameinfo gives the host's name for an address, and the number where there is none.
//! targets: wasm32-wasip2
//! config: names.toml
//! stock: skip
//! run: warp
//! stdout: managed: db.production.warp.local 5432
//! stdout: managed, numeric: 10.0.0.5 5432
//! stdout: service: db.production.warp.local http
//! stdout: not managed: 192.0.2.1 5432
//! stdout: not managed, name required: Name does not resolve
//! stdout: small buffer: Overflow
//! stdout: short address: Unrecognized address family or invalid length
//! stdout: nothing asked: Name does not resolve
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

static void show(const char *label, const char *address, int port, socklen_t length, socklen_t room, int flags) {
  struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
  char host[64], service[32];
  inet_pton(AF_INET, address, &four.sin_addr);
  int code = getnameinfo((struct sockaddr *)&four, length, host, room, service, room ? sizeof service : 0, flags);
  if (code)
    printf("%s: %s\n", label, gai_strerror(code));
  else
    printf("%s: %s %s\n", label, host, service);
}

int main(void) {
  socklen_t all = sizeof(struct sockaddr_in);
  show("managed", "10.0.0.5", 5432, all, 64, NI_NUMERICSERV);
  show("managed, numeric", "10.0.0.5", 5432, all, 64, NI_NUMERICHOST | NI_NUMERICSERV);
  show("service", "10.0.0.5", 80, all, 64, 0);
  show("not managed", "192.0.2.1", 5432, all, 64, NI_NUMERICSERV);
  show("not managed, name required", "192.0.2.1", 5432, all, 64, NI_NAMEREQD);
  show("small buffer", "10.0.0.5", 5432, all, 8, 0);
  show("short address", "10.0.0.5", 5432, 4, 64, 0);
  show("nothing asked", "10.0.0.5", 5432, all, 0, 0);
}
