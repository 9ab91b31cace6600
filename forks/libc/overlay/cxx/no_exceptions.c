/* What throwing and catching call. libc++ is built without exceptions and
 * defines none of these: the linker would name them, which says nothing to who
 * did not write them. Here they need one more thing that does not exist and
 * whose name says what to do. */

void unsupported(void) __asm__("C++ exceptions (this libc++ has none: compile with -fno-exceptions)");

void *__cxa_allocate_exception(unsigned long size) {
  unsupported();
  return 0;
}

void __cxa_throw(void *thrown, void *type, void *(*destructor)(void *)) { unsupported(); }

void __cxa_rethrow(void) { unsupported(); }

void *__cxa_begin_catch(void *thrown) {
  unsupported();
  return 0;
}

void __cxa_end_catch(void) { unsupported(); }
