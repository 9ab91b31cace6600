# CMake toolchain file of the WarpGrid SDK for TARGET_TRIPLE:
#   cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE=<sdk>/share/warpgrid/cmake/warpgrid-TARGET_TRIPLE.cmake
# -DWARPGRID_VARIANT=stock takes the C library without WarpGrid's changes.
cmake_minimum_required(VERSION 3.13...3.31)

get_filename_component(WARPGRID_SDK "${CMAKE_CURRENT_LIST_DIR}/../../.." REALPATH)
set(WARPGRID_VARIANT "warpgrid" CACHE STRING "C library variant: warpgrid or stock")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES WARPGRID_VARIANT)

set(CMAKE_SYSTEM_NAME WASI)
set(CMAKE_SYSTEM_VERSION 1)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")

set(CMAKE_C_COMPILER "${WARPGRID_SDK}/bin/clang")
set(CMAKE_CXX_COMPILER "${WARPGRID_SDK}/bin/clang++")
set(CMAKE_ASM_COMPILER "${WARPGRID_SDK}/bin/clang")
foreach(warpgrid_language C CXX ASM)
  set(CMAKE_${warpgrid_language}_COMPILER_TARGET TARGET_TRIPLE)
endforeach()
set(CMAKE_AR "${WARPGRID_SDK}/bin/llvm-ar" CACHE FILEPATH "")
set(CMAKE_RANLIB "${WARPGRID_SDK}/bin/llvm-ranlib" CACHE FILEPATH "")
set(CMAKE_NM "${WARPGRID_SDK}/bin/llvm-nm" CACHE FILEPATH "")
set(CMAKE_STRIP "${WARPGRID_SDK}/bin/llvm-strip" CACHE FILEPATH "")
set(CMAKE_OBJDUMP "${WARPGRID_SDK}/bin/llvm-objdump" CACHE FILEPATH "")

set(CMAKE_SYSROOT "${WARPGRID_SDK}/share/warpgrid/sysroots/TARGET_TRIPLE/${WARPGRID_VARIANT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# `ctest` and `try_run` start programs in the SDK's own host.
if(EXISTS "${WARPGRID_SDK}/bin/warp")
  set(CMAKE_CROSSCOMPILING_EMULATOR "${WARPGRID_SDK}/bin/warp;run")
endif()
