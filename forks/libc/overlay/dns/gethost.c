/* gethostbyname and gethostbyaddr: upstream's are stubs that find nothing. The
 * result lies in one static place, as POSIX allows. */
#include <stdlib.h>
#include <sys/socket.h>

#include "../override.h"
#include "dns.h"

enum { ROOM = WARPGRID_LONGEST_NAME + 1 + WARPGRID_MOST_ADDRESSES * (16 + sizeof(char *)) + 4 * sizeof(char *) };

static struct hostent host;
static char room[ROOM] __attribute__((__aligned__(8)));

static struct hostent *answer(struct hostent *result, int error) {
  if (!result) h_errno = error;
  return result;
}

WARPGRID_OVERRIDE struct hostent *gethostbyname2(const char *name, int family) {
  struct hostent *result;
  int error;
  __warpgrid_host_by_name(name, family, &host, room, sizeof room, &result, &error);
  return answer(result, error);
}

WARPGRID_OVERRIDE struct hostent *gethostbyname(const char *name) { return gethostbyname2(name, AF_INET); }

WARPGRID_OVERRIDE struct hostent *gethostbyaddr(const void *address, socklen_t length, int family) {
  struct hostent *result;
  int error;
  __warpgrid_host_by_address(address, length, family, &host, room, sizeof room, &result, &error);
  return answer(result, error);
}

WARPGRID_OVERRIDE const char *hstrerror(int error) {
  static const char *const texts[] = {
      "No error", "Host not found", "Try again", "Non-recoverable error", "Address not available"};
  return error >= 0 && error <= NO_DATA ? texts[error] : "Unknown error";
}
