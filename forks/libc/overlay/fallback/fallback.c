/* The component that takes the host's place where there is none. It answers
 * "not mine" to every name and path, so that the C library goes on to what it
 * does without WarpGrid. It imports nothing and keeps nothing between calls. */
#include <stddef.h>
#include <stdint.h>

#include "warpgrid_fallback.h"

/* Arguments are laid one after the other behind the data; the next call starts
 * again. Nothing else allocates, since no answer needs memory. */
extern unsigned char __heap_base;
static size_t used;

enum { PAGE = 65536 };

__attribute__((__export_name__("cabi_realloc"))) void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
  uintptr_t start = ((uintptr_t)&__heap_base + used + align - 1) & -align;
  if (old || size > SIZE_MAX - start) __builtin_trap();
  uintptr_t end = start + size;
  size_t have = __builtin_wasm_memory_size(0);
  size_t need = end / PAGE + 1;
  if (need > have && __builtin_wasm_memory_grow(0, need - have) == SIZE_MAX) __builtin_trap();
  used = end - (uintptr_t)&__heap_base;
  return (void *)start;
}

/* What the generated code calls besides. */
void free(void *pointer) {}
void *realloc(void *pointer, size_t size) { __builtin_trap(); }
void abort(void) { __builtin_trap(); }

static bool done(void) {
  used = 0;
  return false;
}

bool exports_warpgrid_fallback_dns_resolve_address(warpgrid_fallback_string_t *name,
                                                   exports_warpgrid_fallback_dns_list_ip_address_t *found,
                                                   exports_warpgrid_fallback_dns_dns_error_t *error) {
  *error = EXPORTS_WARPGRID_FALLBACK_DNS_DNS_ERROR_HOST_NOT_FOUND;
  return done();
}

bool exports_warpgrid_fallback_dns_reverse_resolve(exports_warpgrid_fallback_dns_ip_address_t *address,
                                                   warpgrid_fallback_list_string_t *found,
                                                   exports_warpgrid_fallback_dns_dns_error_t *error) {
  *error = EXPORTS_WARPGRID_FALLBACK_DNS_DNS_ERROR_HOST_NOT_FOUND;
  return done();
}

typedef exports_warpgrid_fallback_filesystem_fs_error_t fs_error;

static bool not_virtual(fs_error *error) {
  *error = EXPORTS_WARPGRID_FALLBACK_FILESYSTEM_FS_ERROR_NOT_VIRTUAL;
  return done();
}

bool exports_warpgrid_fallback_filesystem_is_virtual(warpgrid_fallback_string_t *path) { return done(); }

bool exports_warpgrid_fallback_filesystem_read_virtual(warpgrid_fallback_string_t *path,
                                                       warpgrid_fallback_list_u8_t *content, fs_error *error) {
  return not_virtual(error);
}

bool exports_warpgrid_fallback_filesystem_stat(warpgrid_fallback_string_t *path,
                                               exports_warpgrid_fallback_filesystem_virtual_stat_t *found,
                                               fs_error *error) {
  return not_virtual(error);
}

bool exports_warpgrid_fallback_filesystem_list_directory(
    warpgrid_fallback_string_t *path, exports_warpgrid_fallback_filesystem_list_directory_entry_t *found,
    fs_error *error) {
  return not_virtual(error);
}

bool exports_warpgrid_fallback_filesystem_open(warpgrid_fallback_string_t *path,
                                               exports_warpgrid_fallback_filesystem_own_file_t *file,
                                               fs_error *error) {
  return not_virtual(error);
}

/* No file is ever opened, so none of these is called. */
bool exports_warpgrid_fallback_filesystem_method_file_read(exports_warpgrid_fallback_filesystem_borrow_file_t file,
                                                           uint64_t offset, uint32_t length,
                                                           warpgrid_fallback_list_u8_t *content, fs_error *error) {
  return not_virtual(error);
}

bool exports_warpgrid_fallback_filesystem_method_file_write(exports_warpgrid_fallback_filesystem_borrow_file_t file,
                                                            uint64_t offset, warpgrid_fallback_list_u8_t *content,
                                                            uint64_t *written, fs_error *error) {
  return not_virtual(error);
}

void exports_warpgrid_fallback_filesystem_method_file_stat(
    exports_warpgrid_fallback_filesystem_borrow_file_t file,
    exports_warpgrid_fallback_filesystem_virtual_stat_t *found) {
  __builtin_trap();
}

void exports_warpgrid_fallback_filesystem_file_destructor(exports_warpgrid_fallback_filesystem_file_t *file) {}
