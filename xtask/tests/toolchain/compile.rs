//! `bin/clang` and its friends by themselves.
use std::ffi::OsString;
use std::path::Path;

use crate::moved::{Moved, is_component, moved, run, succeed, text};

const HELLO: &str = "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n";
const HELLO_CXX: &str = "#include <iostream>\n#include <map>\n#include <string>\n\
    int main() { std::map<std::string, int> m; m[\"x\"] = 3; for (auto &[k, v] : m) std::cout << k << v << '\\n'; }\n";

/// Compiles `source` with `program` and gives the path of the result.
fn compile(moved: &Moved, program: &str, flags: &[&str], name: &str, source: &str) -> std::path::PathBuf {
    let file = moved.work().join(name);
    std::fs::write(&file, source).unwrap();
    let out = file.with_extension(format!("{program}{}.wasm", flags.concat().replace('/', "_")));
    let mut arguments: Vec<OsString> = flags.iter().map(OsString::from).collect();
    arguments.extend([file.into_os_string(), "-o".into(), out.clone().into_os_string()]);
    succeed(&moved.run(program, arguments));
    out
}

#[test]
fn c_is_a_component_by_default_and_a_module_for_wasip1() {
    let Some(moved) = moved() else { return };
    assert!(is_component(&compile(&moved, "clang", &[], "hello.c", HELLO)));
    assert!(is_component(&compile(&moved, "clang", &["--target=wasm32-wasip2"], "hello.c", HELLO)));
    assert!(is_component(&compile(&moved, "wasm32-wasip2-clang", &["-O2", "-flto"], "hello.c", HELLO)));
    assert!(!is_component(&compile(&moved, "clang", &["--target=wasm32-wasip1"], "hello.c", HELLO)));
    assert!(!is_component(&compile(&moved, "wasm32-wasip1-clang", &["-O2"], "hello.c", HELLO)));
}

#[test]
fn cxx_with_the_standard_library_links_for_both_targets() {
    let Some(moved) = moved() else { return };
    assert!(is_component(&compile(&moved, "clang++", &["-O1"], "hello.cpp", HELLO_CXX)));
    assert!(!is_component(&compile(&moved, "wasm32-wasip1-clang++", &["-O1"], "hello.cpp", HELLO_CXX)));
}

#[test]
fn the_stock_library_is_one_flag_away() {
    let Some(moved) = moved() else { return };
    for target in ["wasm32-wasip1", "wasm32-wasip2"] {
        let config = format!("--config={target}-stock.cfg");
        compile(&moved, "clang", &[&config], "hello.c", HELLO);
        let source = moved.work().join("hello.c");
        let shown = moved.run("clang", [config.as_ref(), "-###".as_ref(), source.as_os_str()]);
        let linked = text(&shown.stderr);
        let sysroot = format!("sysroots/{target}/stock/lib");
        assert!(linked.contains(&sysroot), "{linked}");
    }
}

#[test]
fn it_works_through_a_link_from_elsewhere() {
    let Some(moved) = moved() else { return };
    let file = moved.work().join("hello.c");
    std::fs::write(&file, HELLO).unwrap();
    let link = moved.work().join("a compiler");
    std::os::unix::fs::symlink(moved.sdk().join("bin/clang"), &link).unwrap();
    let out = moved.work().join("hello.wasm");
    succeed(&run(&link, [file.as_os_str(), "-o".as_ref(), out.as_os_str()]));
    assert!(is_component(&out));
}

#[test]
fn exceptions_are_refused_with_a_sentence() {
    let Some(moved) = moved() else { return };
    let file = moved.work().join("throw.cpp");
    std::fs::write(
        &file,
        "#include <cstdio>\nint main() { try { throw 1; } catch (int) { puts(\"x\"); } }\n",
    )
    .unwrap();
    for program in ["clang++", "wasm32-wasip1-clang++"] {
        let output = moved
            .run(program, ["-fexceptions".as_ref(), file.as_os_str(), "-o".as_ref(), "/dev/null".as_ref()]);
        assert!(!output.status.success());
        let said = text(&output.stderr);
        assert_eq!(said.matches("error: ").count(), 1, "{said}");
        assert!(said.contains("is built without exceptions: remove -fexceptions"), "{said}");
    }
}

#[test]
fn the_binary_tools_run_and_know_wasm() {
    let Some(moved) = moved() else { return };
    let work = moved.work();
    let source = work.join("part.c");
    std::fs::write(&source, "int answer(void) { return 42; }\n").unwrap();
    let path = |name: &str| work.join(name).into_os_string();
    let flag = OsString::from;
    succeed(&moved.run("clang", [flag("-g"), flag("-c"), path("part.c"), flag("-o"), path("part.o")]));
    succeed(&moved.run("llvm-ar", [flag("rcs"), path("libpart.a"), path("part.o")]));
    succeed(&moved.run("llvm-ranlib", [path("libpart.a")]));
    let names = moved.run("llvm-nm", [path("libpart.a")]);
    assert!(text(&names.stdout).contains("T answer"), "{}", text(&names.stdout));
    let dump = moved.run("llvm-objdump", [flag("-d"), path("part.o")]);
    assert!(text(&dump.stdout).contains("i32.const\t42"), "{}", text(&dump.stdout));
    succeed(&moved.run("llvm-strip", [flag("--strip-debug"), path("part.o")]));
}

#[test]
fn nothing_in_bin_or_lib_looks_for_libraries_elsewhere() {
    let Some(moved) = moved() else { return };
    for folder in ["bin", "lib"] {
        for entry in std::fs::read_dir(moved.sdk().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_symlink() {
                let target = std::fs::read_link(&path).unwrap();
                assert!(target.is_relative() && target.components().count() == 1, "{}", path.display());
            }
        }
    }
    // What the loader itself says, on this machine: everything but glibc comes from the SDK's `lib`.
    let loader = Path::new("/lib64/ld-linux-x86-64.so.2");
    let mut programs = 0;
    for entry in std::fs::read_dir(moved.sdk().join("bin")).unwrap() {
        let program = entry.unwrap().path();
        if !std::fs::read(&program).unwrap().starts_with(b"\x7fELF") {
            continue;
        }
        programs += 1;
        let listed = run(loader, ["--list".as_ref(), program.as_os_str()]);
        succeed(&listed);
        for line in text(&listed.stdout).lines().filter(|line| line.contains("=>")) {
            let glibc = ["libc.so", "libm.so", "libdl.so", "libpthread.so", "librt.so", "ld-linux"];
            let from_glibc = glibc.iter().any(|name| line.trim_start().starts_with(name));
            assert!(from_glibc || line.contains("my sdk"), "{}: {line}", program.display());
        }
    }
    assert!(programs > 5, "{programs} programs");
}
