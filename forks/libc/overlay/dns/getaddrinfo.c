/* getaddrinfo and freeaddrinfo. Numeric hosts are answered here, names that the
 * host manages by it, everything else by upstream. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../override.h"
#include "dns.h"

int __real_getaddrinfo(const char *__restrict, const char *__restrict, const struct addrinfo *__restrict,
                       struct addrinfo **__restrict);
void __real_freeaddrinfo(struct addrinfo *);

/* Every entry of a list is one allocation; upstream's are copied into ours. */
struct entry {
  struct addrinfo info;
  union {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
  } address;
  char name[];
};

struct service {
  int type, protocol;
  in_port_t port; /* network order */
};

static int family_error(const struct addrinfo *hints) {
  const int known = AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_V4MAPPED | AI_ALL | AI_ADDRCONFIG | AI_NUMERICSERV;
  if (hints->ai_flags & ~known) return EAI_BADFLAGS;
  switch (hints->ai_family) {
    case AF_UNSPEC:
    case AF_INET:
    case AF_INET6: return 0;
    default: return EAI_FAMILY;
  }
}

/* The socket types and ports that `name` and the hints ask for, at most two. */
static int services(const char *name, const struct addrinfo *hints, struct service *out, size_t *count) {
  static const struct service types[] = {{SOCK_STREAM, IPPROTO_TCP, 0}, {SOCK_DGRAM, IPPROTO_UDP, 0}};
  bool numeric = true;
  unsigned long port = 0;
  *count = 0;
  if (name) {
    char *end;
    port = strtoul(name, &end, 10);
    numeric = end != name && !*end && *name >= '0' && *name <= '9';
    if (numeric && port > 65535) return EAI_SERVICE;
    if (!numeric && (hints->ai_flags & AI_NUMERICSERV)) return EAI_NONAME;
  }
  bool type_known = false;
  for (size_t i = 0; i < 2; i++) {
    if (hints->ai_socktype && hints->ai_socktype != types[i].type) continue;
    if (hints->ai_protocol && hints->ai_protocol != types[i].protocol) continue;
    type_known = true;
    struct service next = types[i];
    next.port = htons((in_port_t)port);
    if (!numeric) {
      struct servent *service = getservbyname(name, next.type == SOCK_STREAM ? "tcp" : "udp");
      if (!service) continue;
      next.port = (in_port_t)service->s_port;
    }
    out[(*count)++] = next;
  }
  if (!type_known) return EAI_SOCKTYPE;
  return *count ? 0 : EAI_SERVICE;
}

static struct addrinfo *new_entry(const char *name) {
  size_t length = name ? strlen(name) + 1 : 0;
  struct entry *entry = calloc(1, sizeof *entry + length);
  if (!entry) return NULL;
  entry->info.ai_addr = &entry->address.any;
  if (name) entry->info.ai_canonname = memcpy(entry->name, name, length);
  return &entry->info;
}

WARPGRID_OVERRIDE void freeaddrinfo(struct addrinfo *list) {
  while (list) {
    struct addrinfo *next = list->ai_next;
    free(list);
    list = next;
  }
}

/* Upstream's list as ours, so that freeaddrinfo sees one kind. */
static int ask_upstream(const char *host, const char *service, const struct addrinfo *hints, const char *canon,
                        struct addrinfo **out) {
  struct addrinfo *list = NULL;
  int code = __real_getaddrinfo(host, service, hints, &list);
  if (code) return code;
  struct addrinfo **end = out;
  for (struct addrinfo *at = list; at; at = at->ai_next) {
    struct addrinfo *copy = new_entry(at->ai_canonname ? at->ai_canonname : canon);
    if (!copy || at->ai_addrlen > sizeof(struct sockaddr_in6)) {
      free(copy);
      __real_freeaddrinfo(list);
      freeaddrinfo(*out);
      *out = NULL;
      return EAI_MEMORY;
    }
    canon = NULL;
    copy->ai_flags = at->ai_flags;
    copy->ai_family = at->ai_family;
    copy->ai_socktype = at->ai_socktype;
    copy->ai_protocol = at->ai_protocol;
    copy->ai_addrlen = at->ai_addrlen;
    memcpy(copy->ai_addr, at->ai_addr, at->ai_addrlen);
    *end = copy;
    end = &copy->ai_next;
  }
  __real_freeaddrinfo(list);
  return *out ? 0 : EAI_NONAME;
}

static void set_address(struct addrinfo *info, const struct warpgrid_address *address, in_port_t port) {
  struct entry *entry = (struct entry *)info;
  info->ai_family = address->family;
  if (address->family == AF_INET) {
    info->ai_addrlen = sizeof entry->address.four;
    entry->address.four.sin_family = AF_INET;
    entry->address.four.sin_port = port;
    memcpy(&entry->address.four.sin_addr, address->bytes, 4);
  } else {
    info->ai_addrlen = sizeof entry->address.six;
    entry->address.six.sin6_family = AF_INET6;
    entry->address.six.sin6_port = port;
    entry->address.six.sin6_scope_id = address->scope;
    memcpy(&entry->address.six.sin6_addr, address->bytes, 16);
  }
}

/* IPv4 addresses as ::ffff:a.b.c.d, when that is asked for and nothing else is there. */
static void map_to_six(struct warpgrid_address *list, size_t count, int flags) {
  bool six = false;
  for (size_t i = 0; i < count; i++) six |= list[i].family == AF_INET6;
  if (!(flags & AI_V4MAPPED) || (six && !(flags & AI_ALL))) return;
  for (size_t i = 0; i < count; i++) {
    if (list[i].family != AF_INET) continue;
    memmove(list[i].bytes + 12, list[i].bytes, 4);
    memset(list[i].bytes, 0, 10);
    list[i].bytes[10] = list[i].bytes[11] = 0xff;
    list[i].family = AF_INET6;
  }
}

static size_t local_addresses(int flags, struct warpgrid_address *out) {
  memset(out, 0, 2 * sizeof *out);
  out[0].family = AF_INET;
  out[1].family = AF_INET6;
  if (!(flags & AI_PASSIVE)) {
    out[0].bytes[0] = 127;
    out[0].bytes[3] = 1;
    out[1].bytes[15] = 1;
  }
  return 2;
}

static int build(const struct warpgrid_address *found, size_t count, const struct service *wanted, size_t types,
                 int family, const char *canon, struct addrinfo **out) {
  struct addrinfo **end = out;
  for (size_t i = 0; i < count; i++) {
    if (family != AF_UNSPEC && family != found[i].family) continue;
    for (size_t j = 0; j < types; j++) {
      struct addrinfo *info = new_entry(canon);
      if (!info) {
        freeaddrinfo(*out);
        *out = NULL;
        return EAI_MEMORY;
      }
      canon = NULL;
      info->ai_socktype = wanted[j].type;
      info->ai_protocol = wanted[j].protocol;
      set_address(info, &found[i], wanted[j].port);
      *end = info;
      end = &info->ai_next;
    }
  }
  return *out ? 0 : EAI_NODATA;
}

WARPGRID_OVERRIDE int getaddrinfo(const char *__restrict host, const char *__restrict service,
                                  const struct addrinfo *__restrict hints, struct addrinfo **__restrict out) {
  static const struct addrinfo none;
  const struct addrinfo *given = hints;
  struct warpgrid_address found[WARPGRID_MOST_ADDRESSES];
  struct service wanted[2];
  size_t count = 0, types;
  *out = NULL;
  if (!hints) hints = &none;
  if (!host && !service) return EAI_NONAME;
  int code = family_error(hints);
  if (code) return code;
  if ((hints->ai_flags & AI_CANONNAME) && !host) return EAI_BADFLAGS;
  code = services(service, hints, wanted, &types);
  if (code) return code;

  if (!host) {
    count = local_addresses(hints->ai_flags, found);
  } else if (__warpgrid_parse_address(host, found)) {
    count = 1;
  } else if (hints->ai_flags & AI_NUMERICHOST) {
    return EAI_NONAME;
  } else {
    code = __warpgrid_resolve(host, found, &count);
    if (code) return code;
  }
  const char *canon = hints->ai_flags & AI_CANONNAME ? host : NULL;
  if (count == 0) return ask_upstream(host, service, given, canon, out);
  if (hints->ai_family == AF_INET6) map_to_six(found, count, hints->ai_flags);
  return build(found, count, wanted, types, hints->ai_family, canon, out);
}
