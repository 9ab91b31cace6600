//! Where there is no WarpGrid host, every look-up returns, with upstream's answer or a clear error.
//! targets: wasm32-wasip2
//! stock: skip
//! run: composed
//! wasmtime: -S inherit-network,allow-ip-name-lookup
//! stdout: getaddrinfo: loopback
//! stdout: gethostbyname: loopback
//! stdout: managed name: Name does not resolve
//! stdout: getnameinfo: 10.0.0.5
//! stdout: gethostbyaddr: Host not found
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

int main(void) {
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *list;
  int code = getaddrinfo("localhost", "80", &hints, &list);
  if (code) return printf("getaddrinfo: %s\n", gai_strerror(code));
  unsigned first = ntohl(((struct sockaddr_in *)list->ai_addr)->sin_addr.s_addr) >> 24;
  printf("getaddrinfo: %s\n", first == 127 ? "loopback" : "something else");
  freeaddrinfo(list);
  struct hostent *host = gethostbyname("localhost");
  printf("gethostbyname: %s\n", host && host->h_addr_list[0][0] == 127 ? "loopback" : "something else");
  code = getaddrinfo("db.production.warp.invalid", "5432", NULL, &list);
  printf("managed name: %s\n", code == EAI_NONAME || code == EAI_AGAIN ? gai_strerror(EAI_NONAME) : "found");
  struct sockaddr_in address = {.sin_family = AF_INET};
  char name[64];
  inet_pton(AF_INET, "10.0.0.5", &address.sin_addr);
  code = getnameinfo((struct sockaddr *)&address, sizeof address, name, sizeof name, NULL, 0, 0);
  printf("getnameinfo: %s\n", code ? gai_strerror(code) : name);
  host = gethostbyaddr(&address.sin_addr, 4, AF_INET);
  printf("gethostbyaddr: %s\n", host ? host->h_name : hstrerror(h_errno));
}
