//! Makes small libraries in place of big ones that LLVM loads but a wasm toolchain never calls; knows nothing of layout.
//!
//! Debian links LLVM with a theorem prover, an XML parser with all of ICU, a line editor, a foreign-function
//! library and an HTTP client. They serve the static analyser, Windows manifests, interactive shells, the bitcode
//! interpreter and debuginfod. Together they are larger than clang and would bring a dozen more libraries along.
//! A stand-in has the same name, symbols and versions; a function of it says that it is not there and ends the
//! program, except for the HTTP client, whose callers expect and report a failure.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context;

use super::elf::Wanted;
use crate::exec::Program;
use crate::hint::Hint;

/// A library that is replaced: its name, the start of its unversioned symbols, what in LLVM it serves.
const REPLACED: [(&str, &[&str], &str); 5] = [
    ("libcurl.so.4", &["curl_"], "fetching debug information over the network"),
    ("libedit.so.2", &["el_", "history"], "interactive shells"),
    ("libffi.so.8", &["ffi_"], "the bitcode interpreter"),
    ("libxml2.so.2", &["xml"], "Windows manifests"),
    ("libz3.so.4", &["Z3_"], "the theorem prover of the static analyser"),
];

/// Names of all libraries that may be replaced.
pub(super) fn libraries() -> impl Iterator<Item = &'static str> {
    REPLACED.iter().map(|(library, _, _)| *library)
}

/// Which replaced library does an unversioned symbol belong to?
pub(super) fn owner(symbol: &str) -> Option<&'static str> {
    REPLACED
        .iter()
        .find(|(_, prefixes, _)| prefixes.iter().any(|prefix| symbol.starts_with(prefix)))
        .map(|(library, _, _)| *library)
}

/// The C source and the version script of a stand-in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StandIn {
    library: String,
    source: String,
    versions: Option<String>,
}

impl StandIn {
    /// Plans the stand-in for `library` with exactly the symbols that are wanted from it.
    ///
    /// # Errors
    /// When the library is not one that may be replaced.
    pub(super) fn new(library: &str, symbols: &BTreeSet<Wanted>) -> anyhow::Result<Self> {
        let (_, _, serves) = REPLACED.iter().find(|(name, _, _)| *name == library).ok_or_else(|| {
            Hint::new(
                format!("LLVM loads `{library}`, which the SDK neither ships nor replaces"),
                "name it in `xtask/src/toolchain/layout.rs`, or in `stand_in.rs` if only unused features call it",
            )
        })?;
        let mut source = format!(
            "/* Stand-in for {library}: {serves}. */\n\
             extern long write(int, const void *, unsigned long);\n\
             extern void _exit(int) __attribute__((noreturn));\n\
             static const char text[] = \"{library} ({serves}) is not part of this SDK\\n\";\n\
             __attribute__((noreturn)) static void absent(void) {{ write(2, text, sizeof text - 1); _exit(70); }}\n"
        );
        let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for symbol in symbols {
            let name = symbol.name.as_str();
            let _ = match name {
                "curl_easy_strerror" => {
                    writeln!(source, "const char *{name}(int code) {{ (void)code; return text; }}")
                }
                // CURLE_FAILED_INIT
                "curl_global_init" | "curl_easy_perform" => {
                    writeln!(source, "int {name}(void) {{ return 2; }}")
                }
                _ if name.starts_with("curl_") => writeln!(source, "void *{name}(void) {{ return 0; }}"),
                "xmlFree" => writeln!(source, "void (*{name})(void) = absent;"),
                _ if name.starts_with("ffi_type_") => writeln!(source, "void *{name}[3] = {{ 0 }};"),
                _ => writeln!(source, "void {name}(void) {{ absent(); }}"),
            };
            if let Some((version, _)) = &symbol.version {
                versions.entry(version).or_default().push(name);
            }
        }
        let versions = (!versions.is_empty()).then(|| {
            versions.iter().fold(String::new(), |mut script, (version, names)| {
                let _ = writeln!(script, "{version} {{ global: {}; }};", names.join("; "));
                script
            })
        });
        Ok(Self { library: library.to_owned(), source, versions })
    }

    /// Name that the library is loaded by.
    pub(super) fn library(&self) -> &str {
        &self.library
    }

    /// Compiles the stand-in into `out` with any C compiler for this machine, given as program and first arguments.
    ///
    /// # Errors
    /// When the compiler fails, with what it said.
    pub(super) fn compile(&self, compiler: Program, work: &Path, out: &Path) -> anyhow::Result<()> {
        let source = work.join(format!("{}.c", self.library));
        std::fs::write(&source, &self.source).with_context(|| format!("writing `{}`", source.display()))?;
        let mut compiler = compiler
            .args([
                "-w",
                "-O1",
                "-fPIC",
                "-ffreestanding",
                "-fno-stack-protector",
                "-nostdlib",
                "-shared",
                "-s",
            ])
            .arg(format!("-Wl,-soname,{}", self.library))
            .args(["-Wl,--build-id=none", "-Wl,--hash-style=gnu"]);
        if let Some(versions) = &self.versions {
            let script = work.join(format!("{}.versions", self.library));
            std::fs::write(&script, versions).with_context(|| format!("writing `{}`", script.display()))?;
            compiler = compiler.arg("-Xlinker").arg("--version-script").arg("-Xlinker").arg(script);
        }
        // Never write over a library that a running compiler has mapped.
        let fresh = work.join(&self.library);
        compiler.arg(&source).arg("-o").arg(&fresh).stdout()?;
        let target = out.join(&self.library);
        std::fs::rename(&fresh, &target)
            .with_context(|| format!("moving `{}` to `{}`", fresh.display(), target.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(name: &str, version: Option<&str>) -> Wanted {
        let version = version.map(|version| (version.to_owned(), "libxml2.so.2".to_owned()));
        Wanted { name: name.to_owned(), version, weak: false }
    }

    #[test]
    fn symbols_keep_their_versions() {
        let symbols =
            [wanted("xmlFree", Some("LIBXML2_2.4.30")), wanted("xmlReadMemory", Some("LIBXML2_2.6.0"))];
        let stand_in = StandIn::new("libxml2.so.2", &symbols.into()).unwrap();
        assert_eq!(
            stand_in.versions.as_deref(),
            Some("LIBXML2_2.4.30 { global: xmlFree; };\nLIBXML2_2.6.0 { global: xmlReadMemory; };\n")
        );
        assert!(stand_in.source.contains("void (*xmlFree)(void) = absent;"));
    }

    #[test]
    fn an_unknown_library_is_not_replaced_silently() {
        let error = StandIn::new("libnew.so.1", &BTreeSet::new()).unwrap_err();
        assert!(error.to_string().contains("`libnew.so.1`"), "{error}");
    }

    #[test]
    fn unversioned_symbols_have_an_owner() {
        assert_eq!(owner("Z3_mk_eq"), Some("libz3.so.4"));
        assert_eq!(owner("history_init"), Some("libedit.so.2"));
        assert_eq!(owner("memcpy"), None);
    }
}
