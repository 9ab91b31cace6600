//! The headers say what the sysroot has, so that a program can ask at compile time.
//! stock: skip
//! run: warp wasmtime
//! imports: none
//! stdout: warpgrid 1
//! stdout: virtual files 1
//! stdout: time zones 1
#include <features.h>
#include <stdio.h>

int main(void) {
#ifdef __WARPGRID__
  printf("warpgrid %d\n", __WARPGRID__);
#endif
#ifdef __WARPGRID_HAVE_FS__
  printf("virtual files %d\n", __WARPGRID_HAVE_FS__);
#endif
#ifdef __WARPGRID_HAVE_TZ__
  printf("time zones %d\n", __WARPGRID_HAVE_TZ__);
#endif
}
