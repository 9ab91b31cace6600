//! A name that the host does not manage is upstream's: the answer is the one of the stock library.
//! targets: wasm32-wasip2
//! stock: same
//! run: composed
//! wasmtime: -S inherit-network,allow-ip-name-lookup
//! stdout: localhost: loopback, port 80
//! stdout: empty: error
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(void) {
  struct addrinfo *list = NULL;
  int code = getaddrinfo("localhost", "80", NULL, &list);
  if (code) return printf("localhost: %s\n", gai_strerror(code));
  struct in6_addr six = IN6ADDR_LOOPBACK_INIT;
  int good = 1, port = 0;
  for (struct addrinfo *at = list; at; at = at->ai_next) {
    if (at->ai_family == AF_INET) {
      struct sockaddr_in *address = (struct sockaddr_in *)at->ai_addr;
      good &= (ntohl(address->sin_addr.s_addr) >> 24) == 127;
      port = ntohs(address->sin_port);
    } else {
      struct sockaddr_in6 *address = (struct sockaddr_in6 *)at->ai_addr;
      good &= !memcmp(&address->sin6_addr, &six, sizeof six);
      port = ntohs(address->sin6_port);
    }
  }
  freeaddrinfo(list);
  printf("localhost: %s, port %d\n", good ? "loopback" : "something else", port);
  printf("empty: %s\n", getaddrinfo("", "80", NULL, &list) ? "error" : "found");
}
