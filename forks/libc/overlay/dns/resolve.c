/* Asks the host about names and addresses. The only file of this part that
 * reaches the host's dns interface. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "dns.h"
#include "warpgrid_libc_dns.h"

int __real_getaddrinfo(const char *__restrict, const char *__restrict, const struct addrinfo *__restrict,
                       struct addrinfo **__restrict);
void __real_freeaddrinfo(struct addrinfo *);

bool __warpgrid_parse_address(const char *text, struct warpgrid_address *out) {
  memset(out, 0, sizeof *out);
  struct in_addr four;
  /* Also the short forms, such as 127.1. */
  if (inet_aton(text, &four)) {
    out->family = AF_INET;
    memcpy(out->bytes, &four, sizeof four);
    return true;
  }
  char plain[INET6_ADDRSTRLEN];
  const char *zone = strchr(text, '%');
  size_t length = zone ? (size_t)(zone - text) : strlen(text);
  if (length >= sizeof plain) return false;
  memcpy(plain, text, length);
  plain[length] = 0;
  if (inet_pton(AF_INET6, plain, out->bytes) != 1) return false;
  if (zone) {
    char *end;
    unsigned long scope = strtoul(zone + 1, &end, 10);
    /* Without interfaces there are no interface names: a zone is a number. */
    if (end == zone + 1 || *end || scope > 0xffffffff) return false;
    out->scope = (unsigned)scope;
  }
  out->family = AF_INET6;
  return true;
}

static void from_host(const warpgrid_libc_dns_ip_address_t *address, struct warpgrid_address *out) {
  memset(out, 0, sizeof *out);
  if (address->tag == WARPGRID_LIBC_DNS_IP_ADDRESS_IPV4) {
    out->family = AF_INET;
    memcpy(out->bytes, &address->val.ipv4, 4);
    return;
  }
  out->family = AF_INET6;
  uint16_t groups[8];
  memcpy(groups, &address->val.ipv6, sizeof groups);
  for (int i = 0; i < 8; i++) {
    out->bytes[2 * i] = (unsigned char)(groups[i] >> 8);
    out->bytes[2 * i + 1] = (unsigned char)groups[i];
  }
}

static void to_host(const struct warpgrid_address *address, warpgrid_libc_dns_ip_address_t *out) {
  if (address->family == AF_INET) {
    out->tag = WARPGRID_LIBC_DNS_IP_ADDRESS_IPV4;
    memcpy(&out->val.ipv4, address->bytes, 4);
    return;
  }
  out->tag = WARPGRID_LIBC_DNS_IP_ADDRESS_IPV6;
  uint16_t groups[8];
  for (int i = 0; i < 8; i++)
    groups[i] = (uint16_t)(address->bytes[2 * i] << 8 | address->bytes[2 * i + 1]);
  memcpy(&out->val.ipv6, groups, sizeof groups);
}

int __warpgrid_resolve(const char *name, struct warpgrid_address *out, size_t *count) {
  *count = 0;
  size_t length = strnlen(name, WARPGRID_LONGEST_NAME + 1);
  if (length == 0 || length > WARPGRID_LONGEST_NAME) return EAI_NONAME;
  warpgrid_libc_dns_string_t text = {(uint8_t *)name, length};
  warpgrid_libc_dns_list_ip_address_t found;
  warpgrid_libc_dns_dns_error_t error;
  if (!warpgrid_libc_dns_resolve_address(&text, &found, &error)) {
    switch (error) {
      case WARPGRID_LIBC_DNS_DNS_ERROR_INVALID_NAME: return EAI_NONAME;
      case WARPGRID_LIBC_DNS_DNS_ERROR_TEMPORARY_FAILURE:
      case WARPGRID_LIBC_DNS_DNS_ERROR_LIMIT_REACHED: return EAI_AGAIN;
      /* The host forbids it: upstream is not asked behind its back. */
      case WARPGRID_LIBC_DNS_DNS_ERROR_ACCESS_DENIED: return EAI_FAIL;
      default: return 0;
    }
  }
  for (size_t i = 0; i < found.len && *count < WARPGRID_MOST_ADDRESSES; i++)
    from_host(&found.ptr[i], &out[(*count)++]);
  warpgrid_libc_dns_list_ip_address_free(&found);
  return 0;
}

bool __warpgrid_reverse(const struct warpgrid_address *address, char *name) {
  warpgrid_libc_dns_ip_address_t question;
  to_host(address, &question);
  warpgrid_libc_dns_list_string_t found;
  warpgrid_libc_dns_dns_error_t error;
  if (!warpgrid_libc_dns_reverse_resolve(&question, &found, &error)) return false;
  bool good = found.len > 0 && found.ptr[0].len > 0 && found.ptr[0].len <= WARPGRID_LONGEST_NAME &&
              !memchr(found.ptr[0].ptr, 0, found.ptr[0].len);
  if (good) {
    memcpy(name, found.ptr[0].ptr, found.ptr[0].len);
    name[found.ptr[0].len] = 0;
  }
  warpgrid_libc_dns_list_string_free(&found);
  return good;
}

static size_t keep_family(struct warpgrid_address *list, size_t count, int family) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (list[i].family == family) list[kept++] = list[i];
  return kept;
}

int __warpgrid_addresses(const char *name, int family, struct warpgrid_address *out, size_t *count) {
  *count = 0;
  if (!name || !*name) return EAI_NONAME;
  if (__warpgrid_parse_address(name, out)) {
    *count = 1;
  } else {
    int code = __warpgrid_resolve(name, out, count);
    if (code) return code;
  }
  if (*count == 0) {
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list;
    int code = __real_getaddrinfo(name, NULL, &hints, &list);
    if (code) return code;
    for (struct addrinfo *at = list; at && *count < WARPGRID_MOST_ADDRESSES; at = at->ai_next) {
      struct warpgrid_address *next = &out[*count];
      memset(next, 0, sizeof *next);
      next->family = at->ai_family;
      if (at->ai_family == AF_INET)
        memcpy(next->bytes, &((struct sockaddr_in *)(void *)at->ai_addr)->sin_addr, 4);
      else if (at->ai_family == AF_INET6)
        memcpy(next->bytes, &((struct sockaddr_in6 *)(void *)at->ai_addr)->sin6_addr, 16);
      else
        continue;
      ++*count;
    }
    __real_freeaddrinfo(list);
    if (*count == 0) return EAI_NONAME;
  }
  *count = keep_family(out, *count, family);
  return *count ? 0 : EAI_NODATA;
}
