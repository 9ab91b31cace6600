//! A name that the host manages resolves to the host's address, with the port asked for.
//! targets: wasm32-wasip2
//! config: names.toml
//! stock: skip
//! run: warp
//! imports: dns
//! stdout: 10.0.0.5 5432 stream
//! stdout: 10.0.0.5 5432 datagram
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

int main(void) {
  struct addrinfo *list;
  int code = getaddrinfo("db.production.warp.local", "5432", NULL, &list);
  if (code) {
    printf("getaddrinfo: %s\n", gai_strerror(code));
    return 1;
  }
  for (struct addrinfo *at = list; at; at = at->ai_next) {
    struct sockaddr_in *address = (struct sockaddr_in *)at->ai_addr;
    printf("%s %d %s\n", inet_ntoa(address->sin_addr), ntohs(address->sin_port),
           at->ai_socktype == SOCK_STREAM ? "stream" : "datagram");
  }
  freeaddrinfo(list);
}
