# Included by the one hook in upstream's CMakeLists.txt. Compiles our files as
# upstream compiles its own, into an archive beside libc.a; the overlay step then
# renames upstream's definitions and puts these members in front.
#
#   WARPGRID_SOURCES     our C files and the generated bindings
#   WARPGRID_FLAGS       compiler flags for them
#   WARPGRID_BINDINGS    folder of the generated headers

add_library(warpgrid-overlay STATIC EXCLUDE_FROM_ALL ${WARPGRID_SOURCES})
target_compile_options(warpgrid-overlay PRIVATE ${WARPGRID_FLAGS})
target_include_directories(warpgrid-overlay PRIVATE ${WARPGRID_BINDINGS})
add_dependencies(warpgrid-overlay sysroot_inc)
sysroot_lib(warpgrid-overlay libwarpgrid-overlay.a)
