//! gethostbyaddr gives the host's name for an address, and nothing for one it does not manage.
//! targets: wasm32-wasip2
//! config: names.toml
//! stock: skip
//! run: warp
//! stdout: 10.0.0.5: db.production.warp.local, 4 bytes
//! stdout: 192.0.2.1: Host not found
//! stdout: reentrant: db.production.warp.local
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

int main(void) {
  struct in_addr address;
  inet_pton(AF_INET, "10.0.0.5", &address);
  struct hostent *host = gethostbyaddr(&address, sizeof address, AF_INET), room, *result;
  if (host)
    printf("10.0.0.5: %s, %d bytes\n", host->h_name, host->h_length);
  else
    printf("10.0.0.5: %s\n", hstrerror(h_errno));
  char buffer[256];
  int error;
  inet_pton(AF_INET, "192.0.2.1", &address);
  host = gethostbyaddr(&address, sizeof address, AF_INET);
  printf("192.0.2.1: %s\n", host ? host->h_name : hstrerror(h_errno));
  inet_pton(AF_INET, "10.0.0.5", &address);
  gethostbyaddr_r(&address, sizeof address, AF_INET, &room, buffer, sizeof buffer, &result, &error);
  printf("reentrant: %s\n", result ? result->h_name : hstrerror(error));
}
