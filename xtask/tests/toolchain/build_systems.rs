//! CMake and cargo build scripts with the moved SDK.
use std::path::Path;
use std::process::Command;

use crate::moved::{is_component, moved, succeed, text};

#[test]
fn a_cmake_project_with_a_library_and_a_check_builds_for_both_targets() {
    let Some(moved) = moved() else { return };
    let generator = if found("ninja") { "Ninja" } else { "Unix Makefiles" };
    if !found("cmake") || !(found("ninja") || found("make")) {
        println!("skipped: `cmake` and `ninja` or `make` are not on this machine");
        return;
    }
    let project = moved.work().join("a project");
    std::fs::create_dir(&project).unwrap();
    for (name, content) in [
        (
            "CMakeLists.txt",
            "cmake_minimum_required(VERSION 3.16)\nproject(demo C CXX)\ninclude(CheckFunctionExists)\n\
             check_function_exists(getaddrinfo HAVE_GETADDRINFO)\ncheck_function_exists(fork HAVE_FORK)\n\
             if(HAVE_FORK)\n  message(FATAL_ERROR \"found fork\")\nendif()\n\
             add_library(part STATIC part.c)\nadd_executable(demo main.cpp)\ntarget_link_libraries(demo part)\n",
        ),
        ("part.c", "int answer(void) { return 42; }\n"),
        (
            "main.cpp",
            "#include <iostream>\nextern \"C\" int answer(void);\nint main() { std::cout << answer(); }\n",
        ),
    ] {
        std::fs::write(project.join(name), content).unwrap();
    }
    for (target, component) in [("wasm32-wasip1", false), ("wasm32-wasip2", true)] {
        let build = moved.work().join(target);
        let toolchain = moved.sdk().join(format!("share/warpgrid/cmake/warpgrid-{target}.cmake"));
        let mut configure = Command::new("cmake");
        configure.arg("-G").arg(generator).arg("-S").arg(&project).arg("-B").arg(&build);
        configure.arg(format!("-DCMAKE_TOOLCHAIN_FILE={}", toolchain.display()));
        let configured = configure.output().unwrap();
        succeed(&configured);
        assert!(!text(&configured.stderr).contains("Warning"), "{}", text(&configured.stderr));
        succeed(&Command::new("cmake").arg("--build").arg(&build).output().unwrap());
        assert_eq!(is_component(&build.join("demo.wasm")), component);
    }
}

#[test]
fn env_sh_tells_build_scripts_where_everything_is() {
    let Some(moved) = moved() else { return };
    let sdk = moved.sdk();
    for shell in ["sh", "bash", "dash"].into_iter().filter(|shell| found(shell)) {
        for (folder, script) in
            [(Path::new("/"), sdk.join("env.sh")), (sdk.join("bin").as_path(), "../env.sh".into())]
        {
            let output = Command::new(shell)
                .arg("-euc")
                .arg(". \"$1\"; env")
                .arg("shell")
                .arg(&script)
                .env_clear()
                .env("PATH", "/usr/bin:/bin")
                .current_dir(folder)
                .output()
                .unwrap();
            succeed(&output);
            let said = text(&output.stdout);
            for target in ["wasm32_wasip1", "wasm32_wasip2"] {
                for (variable, program) in
                    [("CC", "clang"), ("CXX", "clang++"), ("AR", "llvm-ar"), ("RANLIB", "llvm-ranlib")]
                {
                    let line = format!(
                        "{variable}_{target}={}",
                        sdk.canonicalize().unwrap().join("bin").join(program).display()
                    );
                    assert!(said.lines().any(|found| found == line), "{shell}: no `{line}` in {said}");
                }
                let flags = format!("CFLAGS_{target}=--target={}", target.replace('_', "-"));
                assert!(said.lines().any(|found| found == flags), "{shell}: no `{flags}` in {said}");
            }
            assert!(!said.contains("_warpgrid_"), "{shell} keeps helpers: {said}");
        }
    }
}

fn found(program: &str) -> bool {
    Command::new("sh")
        .args(["-c", "command -v \"$1\"", "sh", program])
        .output()
        .is_ok_and(|output| output.status.success())
}
