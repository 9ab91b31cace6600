//! The list of what is taken from the LLVM packages and where it goes; does nothing by itself.

/// Targets whose programs the toolchain makes; the last one is the default.
pub(super) const TARGETS: [&str; 2] = ["wasm32-wasip1", "wasm32-wasip2"];
/// The target of `bin/clang` without `--target`.
pub(super) const DEFAULT_TARGET: &str = "wasm32-wasip2";
/// The sysroot variant that a compiler uses when none is named.
pub(super) const DEFAULT_VARIANT: &str = "warpgrid";
/// The variant without our changes.
pub(super) const STOCK_VARIANT: &str = "stock";

/// Programs: name in the packages' `bin`, name in the SDK's `bin`.
pub(super) const PROGRAMS: [(&str, &str); 6] = [
    ("clang", "clang"),
    ("lld", "wasm-ld"),
    ("llvm-ar", "llvm-ar"),
    ("llvm-nm", "llvm-nm"),
    ("llvm-objdump", "llvm-objdump"),
    ("llvm-objcopy", "llvm-objcopy"),
];

/// Second names of programs, as relative links: a program behaves as the name it is called by.
pub(super) const LINKS: [(&str, &str); 7] = [
    ("clang++", "clang"),
    ("llvm-ranlib", "llvm-ar"),
    ("llvm-strip", "llvm-objcopy"),
    ("wasm32-wasip1-clang", "clang"),
    ("wasm32-wasip1-clang++", "clang"),
    ("wasm32-wasip2-clang", "clang"),
    ("wasm32-wasip2-clang++", "clang"),
];

/// Shared libraries that ship as they are, by the name they are loaded by.
pub(super) const LIBRARIES: [&str; 6] =
    ["libclang-cpp.so", "libLLVM.so", "libstdc++.so.6", "libgcc_s.so.1", "libz.so.1", "libzstd.so.1"];

/// Libraries of glibc: every machine that the SDK supports has them.
pub(super) const GLIBC: [&str; 8] = [
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libm.so.6",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libutil.so.1",
];

/// Folders below the packages in which shared libraries lie.
pub(super) const LIBRARY_FOLDERS: [&str; 2] = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"];

/// A part that the packages bring: where its licence comes from and which files of the SDK are its.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ToolchainPart {
    /// Name of the part, and its folder below `share/licenses`.
    pub name: &'static str,
    /// SPDX expression.
    pub licence: &'static str,
    /// Debian packages it is taken from; empty for the one part that is a crate.
    pub packages: &'static [&'static str],
    /// Files of the SDK that belong to it, as `sdk.json` writes them.
    pub paths: &'static [&'static str],
}

/// Every part of the toolchain. What a part does not name (configuration, stand-ins) is the SDK's own.
pub const PARTS: [ToolchainPart; 6] = [
    ToolchainPart {
        name: "llvm",
        licence: "Apache-2.0 WITH LLVM-exception",
        packages: &[
            "libllvm22",
            "libclang-cpp22",
            "clang-22",
            "libclang-common-22-dev",
            "lld-22",
            "llvm-22",
            "libclang-rt-22-dev-wasm32",
        ],
        paths: &["bin/clang", "bin/wasm-ld", "bin/llvm-*", "lib/libLLVM*", "lib/libclang-cpp*", "lib/clang"],
    },
    ToolchainPart {
        name: "libstdcxx",
        licence: "GPL-3.0-or-later WITH GCC-exception-3.1",
        packages: &["libstdc++6", "gcc-12-base"],
        paths: &["lib/libstdc++*"],
    },
    ToolchainPart {
        name: "libgcc",
        licence: "GPL-3.0-or-later WITH GCC-exception-3.1",
        packages: &["libgcc-s1", "gcc-12-base"],
        paths: &["lib/libgcc_s*"],
    },
    ToolchainPart { name: "zlib", licence: "Zlib", packages: &["zlib1g"], paths: &["lib/libz.so*"] },
    ToolchainPart {
        name: "zstd",
        licence: "BSD-3-Clause OR GPL-2.0-only",
        packages: &["libzstd1"],
        paths: &["lib/libzstd*"],
    },
    ToolchainPart {
        name: "wasm-component-ld",
        licence: "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
        packages: &[],
        paths: &["bin/wasm-component-ld"],
    },
];

/// Compiler headers that a wasm target can use: everything else in the resource folder is for other processors.
pub(super) fn is_wasm_header(name: &str) -> bool {
    const PREFIXES: [&str; 3] = ["__float_", "__stdarg_", "__stddef_"];
    const NAMES: [&str; 20] = [
        "builtins.h",
        "float.h",
        "inttypes.h",
        "iso646.h",
        "limits.h",
        "stdalign.h",
        "stdarg.h",
        "stdatomic.h",
        "stdbool.h",
        "stdckdint.h",
        "stdcountof.h",
        "stddef.h",
        "stddefer.h",
        "stdint.h",
        "stdnoreturn.h",
        "tgmath.h",
        "unwind.h",
        "varargs.h",
        "wasm_simd128.h",
        "ptrauth.h",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
