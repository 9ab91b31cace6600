//! Compiles C files for a wasm target with one given clang; knows no sysroot layout.
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::exec::Program;
use crate::parallel::in_parallel;
use crate::tree;

/// A clang and what it needs to run.
#[derive(Debug, Clone)]
pub struct Compiler {
    /// The clang program.
    pub clang: PathBuf,
    /// Its resource folder; `None` for the one that it finds by itself.
    pub resource_dir: Option<PathBuf>,
    /// Variables for the compiler alone, such as a library path.
    pub env: Vec<(String, String)>,
}

/// One C file to compile.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The C file.
    pub source: PathBuf,
    /// The object to write.
    pub object: PathBuf,
    /// Flags for this file after the common ones.
    pub flags: Vec<String>,
}

impl Compiler {
    /// A clang call without arguments but the resource folder and no configuration file.
    #[must_use]
    pub fn program(&self) -> Program {
        let mut program = Program::new(&self.clang).arg("--no-default-config");
        for (name, value) in &self.env {
            program = program.env(name, value);
        }
        if let Some(folder) = &self.resource_dir {
            program = program.arg("-resource-dir").arg(folder);
        }
        program
    }

    /// Compiles all `units` for `triple` against `sysroot`, at most `jobs` at a time.
    ///
    /// # Errors
    /// The first failure in the order of `units`, with the compiler's words.
    pub fn compile(&self, triple: &str, sysroot: &Path, units: &[Unit], jobs: usize) -> anyhow::Result<()> {
        in_parallel(jobs, units, |unit| self.compile_one(triple, sysroot, unit)).into_iter().collect()
    }

    fn compile_one(&self, triple: &str, sysroot: &Path, unit: &Unit) -> anyhow::Result<()> {
        if let Some(folder) = unit.object.parent() {
            tree::create(folder)?;
        }
        self.program()
            .arg(format!("--target={triple}"))
            .arg(format!("--sysroot={}", sysroot.display()))
            .args(&unit.flags)
            .arg("-c")
            .arg(&unit.source)
            .arg("-o")
            .arg(&unit.object)
            .stdout()
            .map(drop)
            .with_context(|| format!("compiling `{}` for {triple}", unit.source.display()))
    }
}
