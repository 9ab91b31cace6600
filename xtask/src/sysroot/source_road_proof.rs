//! Shows the source road on a small upstream that is made here: CMake, Ninja and a real clang, no network.
//!
//! The made-up upstream has the names that the hook in our series relies on (`sysroot_inc`, `sysroot_lib`,
//! `TARGET_TRIPLE`) and a libc.a of three functions. What it does not show is that the hook fits the real upstream.
use std::path::Path;

use anyhow::{Context, ensure};

use super::compiler::Compiler;
use super::overlay::{self, OverlayInputs};
use super::source_road::{OVERLAY_ARCHIVE, SourceInputs, build_from_source};
use super::{archive, symbols};
use crate::exec::Program;
use crate::manifest::Variant;
use crate::tree;

const TRIPLE: &str = "wasm32-wasip2";

/// What the proof takes.
#[derive(Debug, Clone, Copy)]
pub struct ProofInputs<'a> {
    /// A clang with `llvm-ar`, `llvm-ranlib` and `llvm-nm` beside it.
    pub compiler: &'a Compiler,
    /// The CMake program; Ninja must be on the path.
    pub cmake: &'a Path,
    /// The fork's overlay, of which `overlay.cmake` is used.
    pub overlay: &'a Path,
    /// The patch of the fork's series that adds the hook.
    pub hook: &'a Path,
    /// A folder for the proof; overwritten.
    pub scratch: &'a Path,
}

const UPSTREAM: &str = r#"cmake_minimum_required(VERSION 3.25)
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_C_COMPILER_WORKS 1)
set(TARGET_TRIPLE "wasm32-wasip1" CACHE STRING "target")
set(CMAKE_C_COMPILER_TARGET ${TARGET_TRIPLE})
project(made-up LANGUAGES C)
set(SYSROOT ${CMAKE_CURRENT_BINARY_DIR}/sysroot)
set(SYSROOT_INC ${SYSROOT}/include/${TARGET_TRIPLE})
set(SYSROOT_LIB ${SYSROOT}/lib/${TARGET_TRIPLE})
add_custom_target(sysroot ALL)
add_custom_target(sysroot_inc COMMAND ${CMAKE_COMMAND} -E copy_directory ${CMAKE_CURRENT_SOURCE_DIR}/include ${SYSROOT_INC})
add_compile_options(--target=${TARGET_TRIPLE})
include_directories(SYSTEM ${SYSROOT_INC})
function(sysroot_lib target file)
  set(dst ${SYSROOT_LIB}/${file})
  add_custom_command(OUTPUT ${dst} COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:${target}> ${dst} DEPENDS ${target})
  add_custom_target(sysroot-${target} DEPENDS ${dst})
  add_dependencies(sysroot sysroot-${target})
endfunction()
add_library(c-static STATIC EXCLUDE_FROM_ALL lookup.c other.c)
add_dependencies(c-static sysroot_inc)
# TODO: Specify SDK version, e.g. libc.so.wasi-sdk-21, as SO_NAME once `wasm-ld`
# supports it.
set_target_properties(c-static PROPERTIES NO_SONAME 1)

sysroot_lib(c-static libc.a)
"#;

/// Lines of the hook's own context that the small upstream needs as the real one has them.
const AFTER: &str = "# =============================================================================\n";

const RECIPE: &str = r#"
[overlay]
prefix = "__real_"
flags = ["-Os", "-std=gnu17", "-ffreestanding"]
[part.names]
interface = "names"
sources = ["names/lookup.c"]
overrides = ["lookup"]
supplies = ["lookup_again"]
[fallback]
world = "none"
interfaces = []
sources = []
[source]
definitions = ["MADE_UP=ON"]
sysroot = "sysroot"
"#;

const FILES: &[(&str, &str)] = &[
    ("upstream/include/lookup.h", "int lookup(int);\nint lookup_twice(int);\n"),
    (
        "upstream/lookup.c",
        "#include <lookup.h>\nint lookup(int name) { return name; }\nint lookup_twice(int name) { return 2 * lookup(name); }\n",
    ),
    ("upstream/other.c", "int other(void) { return 3; }\n"),
    ("fork/recipe.toml", RECIPE),
    (
        "fork/overlay/names/lookup.c",
        "#include <lookup.h>\n#include \"warpgrid_libc_names.h\"\nint __real_lookup(int);\nint lookup_again(int name) { return \
         lookup(name); }\nint lookup(int name) { int found = warpgrid_libc_names_find(name); return found ? found : \
         __real_lookup(name); }\n",
    ),
    ("wit/names.wit", "package warpgrid:shim@0.1.0;\ninterface names { find: func(name: s32) -> s32; }\n"),
    // The generated bindings include these two; the made-up library has no functions for them.
    (
        "upstream/include/stdlib.h",
        "#include <stddef.h>\nvoid free(void *);\nvoid *realloc(void *, size_t);\nvoid abort(void);\n",
    ),
    (
        "upstream/include/string.h",
        "#include <stddef.h>\nvoid *memcpy(void *, const void *, size_t);\nsize_t strlen(const char *);\n",
    ),
];

/// Builds the small upstream by the source road, for both variants, and looks at the archives.
///
/// # Errors
/// What did not work.
pub fn prove(inputs: &ProofInputs<'_>) -> anyhow::Result<()> {
    tree::empty(inputs.scratch)?;
    let write = |name: &str, text: &str| -> anyhow::Result<()> {
        let path = inputs.scratch.join(name);
        let folder = path.parent().context("a file has a folder")?;
        tree::create(folder)?;
        std::fs::write(&path, text).with_context(|| format!("writing `{}`", path.display()))
    };
    for (name, text) in FILES {
        write(name, text)?;
    }
    let hook = hook_lines(inputs.hook)?;
    write("upstream/CMakeLists.txt", &format!("{UPSTREAM}\n{AFTER}"))?;
    write("patched/CMakeLists.txt", &format!("{UPSTREAM}{hook}\n{AFTER}"))?;
    for (name, text) in FILES {
        if let Some(rest) = name.strip_prefix("upstream/") {
            write(&format!("patched/{rest}"), text)?;
        }
    }
    let cmake = inputs.overlay.join("overlay.cmake");
    let text = std::fs::read_to_string(&cmake).with_context(|| format!("reading `{}`", cmake.display()))?;
    write("fork/overlay/overlay.cmake", &text)?;
    Program::new(inputs.cmake).arg("--version").stdout().context("the source road needs CMake")?;

    let parts = ["names".to_owned()];
    let build = |tree: &str, variant: Variant| {
        build_from_source(&SourceInputs {
            tree: &inputs.scratch.join(tree),
            compiler: inputs.compiler,
            cmake: inputs.cmake,
            fork: &inputs.scratch.join("fork"),
            wit: &inputs.scratch.join("wit"),
            triple: TRIPLE,
            variant,
            parts: if variant == Variant::Stock { &[] } else { &parts },
            jobs: 2,
            scratch: &inputs.scratch.join(format!("build of {tree}")),
        })
    };
    let stock = build("upstream", Variant::Stock)?;
    ensure!(!lib(&stock).join(OVERLAY_ARCHIVE).exists(), "the stock build has our objects");
    let error =
        build("upstream", Variant::Warpgrid).err().context("a checkout without the hook was accepted")?;
    ensure!(format!("{error:#}").contains("the hook is missing"), "not a clear error: {error:#}");

    let built = build("patched", Variant::Warpgrid)?;
    let read = |name: &str| -> anyhow::Result<Vec<archive::Member>> {
        let path = lib(&built).join(name);
        archive::read(&std::fs::read(&path).with_context(|| format!("reading `{}`", path.display()))?)
    };
    let members = overlay::lay_over(
        read("libc.a")?,
        Some(read(OVERLAY_ARCHIVE)?),
        &OverlayInputs {
            compiler: inputs.compiler,
            fork: &inputs.scratch.join("fork"),
            wit: &inputs.scratch.join("wit"),
            sysroot: &built,
            triple: TRIPLE,
            parts: &parts,
            jobs: 1,
            scratch: &inputs.scratch.join("joined"),
        },
    )?;
    let names = symbols::defined(&members)?;
    for name in ["lookup", "__real_lookup", "lookup_again", "lookup_twice", "other"] {
        ensure!(names.contains(name), "the joined archive does not define `{name}`: {names:?}");
    }
    overlay::write_archive(&members, &inputs.scratch.join("libc.a"))?;
    Ok(())
}

fn lib(built: &Path) -> std::path::PathBuf {
    built.join("lib").join(TRIPLE)
}

/// The lines that the hook's patch adds, as the series has them.
fn hook_lines(patch: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(patch).with_context(|| format!("reading `{}`", patch.display()))?;
    let added = text.lines().filter(|line| line.starts_with('+') && !line.starts_with("+++"));
    Ok(added.map(|line| format!("{}\n", &line[1..])).collect())
}
