/* getnameinfo. Upstream has none: an address that the host does not manage is
 * printed as a number, as POSIX wants it. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "../override.h"
#include "dns.h"

static int put(char *out, socklen_t size, const char *text) {
  size_t length = strlen(text);
  if (length >= size) return EAI_OVERFLOW;
  memcpy(out, text, length + 1);
  return 0;
}

static int put_number(char *out, socklen_t size, unsigned long number) {
  char text[11];
  char *at = text + sizeof text;
  *--at = 0;
  do *--at = (char)('0' + number % 10);
  while (number /= 10);
  return put(out, size, at);
}

static int put_address(const struct warpgrid_address *address, char *out, socklen_t size) {
  char text[INET6_ADDRSTRLEN + 12];
  if (!inet_ntop(address->family, address->bytes, text, INET6_ADDRSTRLEN)) return EAI_FAIL;
  if (address->scope) {
    size_t length = strlen(text);
    text[length++] = '%';
    put_number(text + length, sizeof text - length, address->scope);
  }
  return put(out, size, text);
}

WARPGRID_OVERRIDE int getnameinfo(const struct sockaddr *__restrict address, socklen_t length,
                                  char *__restrict host, socklen_t host_size, char *__restrict service,
                                  socklen_t service_size, int flags) {
  const int known = NI_NUMERICHOST | NI_NUMERICSERV | NI_NOFQDN | NI_NAMEREQD | NI_DGRAM | NI_NUMERICSCOPE;
  struct warpgrid_address asked = {0};
  in_port_t port;
  if (flags & ~known) return EAI_BADFLAGS;
  if (length < sizeof(sa_family_t)) return EAI_FAMILY;
  if (address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
    const struct sockaddr_in *four = (const void *)address;
    asked.family = AF_INET;
    memcpy(asked.bytes, &four->sin_addr, 4);
    port = four->sin_port;
  } else if (address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
    const struct sockaddr_in6 *six = (const void *)address;
    asked.family = AF_INET6;
    asked.scope = six->sin6_scope_id;
    memcpy(asked.bytes, &six->sin6_addr, 16);
    port = six->sin6_port;
  } else {
    return EAI_FAMILY;
  }
  if (!host) host_size = 0;
  if (!service) service_size = 0;
  if (!host_size && !service_size) return EAI_NONAME;

  if (host_size) {
    char name[WARPGRID_LONGEST_NAME + 1];
    int code;
    if (!(flags & NI_NUMERICHOST) && __warpgrid_reverse(&asked, name))
      code = put(host, host_size, name);
    else if (flags & NI_NAMEREQD)
      code = EAI_NONAME;
    else
      code = put_address(&asked, host, host_size);
    if (code) return code;
  }
  if (service_size) {
    struct servent *entry = NULL;
    if (!(flags & NI_NUMERICSERV)) entry = getservbyport(port, flags & NI_DGRAM ? "udp" : "tcp");
    return entry ? put(service, service_size, entry->s_name) : put_number(service, service_size, ntohs(port));
  }
  return 0;
}
