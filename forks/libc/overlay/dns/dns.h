/* Names and addresses as the host's resolver gives them, in C. */
#ifndef WARPGRID_DNS_H
#define WARPGRID_DNS_H

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

enum {
  /* RFC 1035: 253 characters, and a dot at the end. */
  WARPGRID_LONGEST_NAME = 254,
  /* Addresses of one name beyond this are dropped. */
  WARPGRID_MOST_ADDRESSES = 32,
};

struct warpgrid_address {
  int family; /* AF_INET or AF_INET6 */
  unsigned scope;
  unsigned char bytes[16]; /* network order; 4 of them for AF_INET */
};

/* `text` as a numeric address: no question to anyone. */
bool __warpgrid_parse_address(const char *text, struct warpgrid_address *out);

/* Asks the host for the addresses of `name`. Returns 0 and a count; a count of
 * 0 means that the host does not manage the name and upstream is to be asked.
 * Otherwise an EAI_ code. */
int __warpgrid_resolve(const char *name, struct warpgrid_address *out, size_t *count);

/* The host's name for an address, in `name` (WARPGRID_LONGEST_NAME + 1 bytes).
 * Returns false when the host does not manage the address. */
bool __warpgrid_reverse(const struct warpgrid_address *address, char *name);

/* The addresses of a name or numeric text for the old interfaces, from the
 * host or else upstream. Returns 0 or an EAI_ code. */
int __warpgrid_addresses(const char *name, int family, struct warpgrid_address *out, size_t *count);

/* Fills `out` and `buffer` as gethostbyname_r does. `found` addresses are all
 * of `family`. Returns 0 or ERANGE. */
int __warpgrid_fill_host(const char *name, int family, const struct warpgrid_address *found, size_t count,
                         struct hostent *out, char *buffer, size_t size);

/* The h_errno value for an EAI_ code. */
int __warpgrid_host_error(int code);

/* gethostbyname2_r and gethostbyaddr_r under names that programs do not use. */
int __warpgrid_host_by_name(const char *name, int family, struct hostent *out, char *buffer, size_t size,
                            struct hostent **result, int *error);
int __warpgrid_host_by_address(const void *address, socklen_t length, int family, struct hostent *out,
                               char *buffer, size_t size, struct hostent **result, int *error);

#endif
