//! A thousand look-ups of each sort leave no memory behind.
//! targets: wasm32-wasip2
//! config: names.toml
//! stock: skip
//! run: warp
//! stdout: grown by 0 pages
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

static void look_up(void) {
  struct addrinfo *list;
  if (!getaddrinfo("cache.staging.warp.local", "http", NULL, &list)) freeaddrinfo(list);
  if (!getaddrinfo("127.0.0.1", NULL, NULL, &list)) freeaddrinfo(list);
  gethostbyname("db.production.warp.local");
  struct sockaddr_in address = {.sin_family = AF_INET};
  char name[256];
  inet_pton(AF_INET, "10.0.0.5", &address.sin_addr);
  getnameinfo((struct sockaddr *)&address, sizeof address, name, sizeof name, NULL, 0, 0);
}

int main(void) {
  for (int i = 0; i < 10; i++) look_up();
  size_t before = __builtin_wasm_memory_size(0);
  for (int i = 0; i < 1000; i++) look_up();
  printf("grown by %zu pages\n", __builtin_wasm_memory_size(0) - before);
}
