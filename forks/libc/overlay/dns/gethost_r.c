/* The forms with a buffer of the caller: upstream declares them and has none. */
#include <stddef.h>
#include <sys/socket.h>

#include "../override.h"
#include "dns.h"

WARPGRID_OVERRIDE int gethostbyname2_r(const char *name, int family, struct hostent *out, char *buffer,
                                       size_t size, struct hostent **result, int *error) {
  return __warpgrid_host_by_name(name, family, out, buffer, size, result, error);
}

WARPGRID_OVERRIDE int gethostbyname_r(const char *name, struct hostent *out, char *buffer, size_t size,
                                      struct hostent **result, int *error) {
  return __warpgrid_host_by_name(name, AF_INET, out, buffer, size, result, error);
}

WARPGRID_OVERRIDE int gethostbyaddr_r(const void *address, socklen_t length, int family, struct hostent *out,
                                      char *buffer, size_t size, struct hostent **result, int *error) {
  return __warpgrid_host_by_address(address, length, family, out, buffer, size, result, error);
}
