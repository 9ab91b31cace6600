/* What gethostbyname and gethostbyaddr and their many forms have in common. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "dns.h"

int __warpgrid_host_error(int code) {
  switch (code) {
    case EAI_NONAME: return HOST_NOT_FOUND;
    case EAI_AGAIN: return TRY_AGAIN;
    case EAI_NODATA: return NO_DATA;
    default: return NO_RECOVERY;
  }
}

int __warpgrid_fill_host(const char *name, int family, const struct warpgrid_address *found, size_t count,
                         struct hostent *out, char *buffer, size_t size) {
  size_t width = family == AF_INET ? 4 : 16;
  size_t length = strlen(name) + 1;
  size_t padding = -(uintptr_t)buffer & (sizeof(char *) - 1);
  size_t pointers = (count + 1 + 1) * sizeof(char *); /* addresses, their end, and the end of no aliases */
  if (size < padding + pointers + count * width + length) return ERANGE;
  char **list = (char **)(void *)(buffer + padding);
  char *bytes = buffer + padding + pointers;
  for (size_t i = 0; i < count; i++, bytes += width) {
    memcpy(bytes, found[i].bytes, width);
    list[i] = bytes;
  }
  list[count] = list[count + 1] = NULL;
  *out = (struct hostent){
      .h_name = memcpy(bytes, name, length),
      .h_aliases = &list[count + 1],
      .h_addrtype = family,
      .h_length = (int)width,
      .h_addr_list = list,
  };
  return 0;
}

/* Not found is no failure of the call: 0, a NULL result, and `*error` says why. */
static int not_found(int code, int *error) {
  *error = __warpgrid_host_error(code);
  switch (code) {
    case EAI_AGAIN: return EAGAIN;
    case EAI_MEMORY: return ENOMEM;
    case EAI_NONAME:
    case EAI_NODATA: return 0;
    default: return EBADMSG;
  }
}

int __warpgrid_host_by_name(const char *name, int family, struct hostent *out, char *buffer, size_t size,
                            struct hostent **result, int *error) {
  struct warpgrid_address found[WARPGRID_MOST_ADDRESSES];
  size_t count;
  *result = NULL;
  if (family != AF_INET && family != AF_INET6) {
    *error = NO_RECOVERY;
    return EAFNOSUPPORT;
  }
  int code = __warpgrid_addresses(name, family, found, &count);
  if (code) return not_found(code, error);
  if (__warpgrid_fill_host(name, family, found, count, out, buffer, size)) {
    *error = NO_RECOVERY;
    return ERANGE;
  }
  *result = out;
  *error = 0;
  return 0;
}

int __warpgrid_host_by_address(const void *address, socklen_t length, int family, struct hostent *out,
                               char *buffer, size_t size, struct hostent **result, int *error) {
  struct warpgrid_address asked = {.family = family};
  char name[WARPGRID_LONGEST_NAME + 1];
  *result = NULL;
  if ((family != AF_INET || length != 4) && (family != AF_INET6 || length != 16)) {
    *error = NO_RECOVERY;
    return EINVAL;
  }
  memcpy(asked.bytes, address, length);
  if (!__warpgrid_reverse(&asked, name)) return not_found(EAI_NONAME, error);
  if (__warpgrid_fill_host(name, family, &asked, 1, out, buffer, size)) {
    *error = NO_RECOVERY;
    return ERANGE;
  }
  *result = out;
  *error = 0;
  return 0;
}
