//! The header part of a series on an installed sysroot.
use std::fs;

use xtask::series::installed::apply_headers;

use crate::lab::{HEADER, Lab};

const TRIPLES: [&str; 2] = ["wasm32-wasip1", "wasm32-wasip2"];

fn sysroot(lab: &Lab, header: &str) -> std::path::PathBuf {
    let sysroot = lab.path("sys root");
    for triple in TRIPLES {
        lab.write(&sysroot, &format!("include/{triple}/time.h"), header);
    }
    sysroot
}

#[test]
fn header_hunks_reach_the_installed_headers_of_every_target() {
    let lab = Lab::with_series();
    let sysroot = sysroot(&lab, HEADER);
    let (series, map) = (lab.fork().series().unwrap(), lab.fork().path_map().unwrap());
    for triple in TRIPLES {
        let changes = apply_headers(&series, &map, &sysroot, triple).unwrap();
        assert_eq!(changes.changed, [format!("include/{triple}/time.h")]);
        let skipped: Vec<&str> = changes.source_road_only.iter().map(|(_, path)| path.as_str()).collect();
        assert_eq!(skipped, ["src/netdb.c", "src/netdb.c", "src/open.c"]);
        let text = fs::read_to_string(sysroot.join(format!("include/{triple}/time.h"))).unwrap();
        assert_eq!(text, HEADER.replace("long time", "int proxy_of(int);\nlong time"));
    }
}

#[test]
fn the_installed_header_is_the_one_that_git_would_make() {
    let lab = Lab::with_series();
    let sysroot = sysroot(&lab, HEADER);
    lab.apply(&[]);
    let (series, map) = (lab.fork().series().unwrap(), lab.fork().path_map().unwrap());
    apply_headers(&series, &map, &sysroot, TRIPLES[0]).unwrap();
    let ours = fs::read(sysroot.join("include/wasm32-wasip1/time.h")).unwrap();
    assert_eq!(ours, fs::read(lab.checkout().join("include/time.h")).unwrap());
}

#[test]
fn neither_fuzz_nor_an_offset_is_accepted() {
    for other in [HEADER.replace("tm_sec", "tm_min"), format!("\n{HEADER}"), String::new()] {
        let lab = Lab::with_series();
        let sysroot = sysroot(&lab, &other);
        let (series, map) = (lab.fork().series().unwrap(), lab.fork().path_map().unwrap());
        let error = apply_headers(&series, &map, &sysroot, TRIPLES[0]);
        if other.contains("tm_min") && error.is_ok() {
            continue; // Outside the three lines of context: not a fault of the patch.
        }
        let error = error.unwrap_err().to_string();
        assert!(error.contains("0004-sockets-connect-reads-the-proxy-file.patch:"), "{error}");
        assert!(error.contains("hunk 1 does not fit") && error.contains("time.h"), "{error}");
        assert_eq!(fs::read_to_string(sysroot.join("include/wasm32-wasip1/time.h")).unwrap(), other);
    }
}

#[test]
fn a_path_without_a_row_is_an_error_that_says_where_to_add_one() {
    let lab = Lab::with_series();
    lab.write(&lab.root(), "forks/demo/recipe.toml", "[header-map]\n\"include/\" = \"include/<triple>/\"\n");
    let sysroot = sysroot(&lab, HEADER);
    let (series, map) = (lab.fork().series().unwrap(), lab.fork().path_map().unwrap());
    let error = apply_headers(&series, &map, &sysroot, TRIPLES[0]).unwrap_err();
    assert!(error.to_string().ends_with("`src/netdb.c` has no row in the header map"), "{error}");
    assert_eq!(fs::read_to_string(sysroot.join("include/wasm32-wasip1/time.h")).unwrap(), HEADER);
}
