//! A program may define these names for itself, as it may with the stock library.
//! stock: same
//! run: warp wasmtime
//! imports: none
//! stdout: 42 17 5
#include <stdio.h>
#include <unistd.h>

/* Not declared by a header that is included here. */
int tzset(void);
int tzset(void) { return 42; }
int timezone(void);
int timezone(void) { return 17; }
int gethostbyname_r(void);
int gethostbyname_r(void) { return 5; }

/* stdio writes with writev, so this one is not called. */
ssize_t pread(int fd, void *buffer, size_t length, off_t offset) {
  (void)fd, (void)buffer, (void)length, (void)offset;
  return -1;
}

int main(void) { printf("%d %d %d\n", tzset(), timezone(), gethostbyname_r()); }
