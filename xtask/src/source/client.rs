//! The ecosystems' own programs: found, started, and explained when they fail. Knows not what they are asked for.
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::exec::{Finished, Program};
use crate::hint::Hint;

/// Lines of a program's complaints that are repeated in an error.
const STDERR_LINES: usize = 8;

/// A program that may be needed, and how to get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientInfo {
    /// Name of the program on the search path.
    pub program: &'static str,
    /// What it is needed for.
    pub needed_for: &'static str,
    /// The command that gets it.
    pub get_it: &'static str,
}

const CLIENTS: [ClientInfo; 9] = [
    ClientInfo {
        program: "git",
        needed_for: "sources of kind `git`, and patch series",
        get_it: "sudo apt-get install git",
    },
    ClientInfo {
        program: "apt-get",
        needed_for: "sources of kind `debian`",
        get_it: "use a Debian or Ubuntu machine, or put the files into the folder `$WARPGRID_DISTFILES`",
    },
    ClientInfo {
        program: "apt-cache",
        needed_for: "sources of kind `debian`",
        get_it: "use a Debian or Ubuntu machine, or put the files into the folder `$WARPGRID_DISTFILES`",
    },
    ClientInfo {
        program: "dpkg-deb",
        needed_for: "unpacking Debian packages",
        get_it: "sudo apt-get install dpkg, or your system's package `dpkg`",
    },
    ClientInfo {
        program: "cargo",
        needed_for: "sources of kind `crate`, and building everything in Rust",
        get_it: "get rustup from https://rustup.rs",
    },
    ClientInfo { program: "npm", needed_for: "sources of kind `npm`", get_it: "sudo apt-get install npm" },
    ClientInfo {
        program: "pip",
        needed_for: "sources of kind `pypi`",
        get_it: "sudo apt-get install python3-pip",
    },
    ClientInfo {
        program: "go",
        needed_for: "sources of kind `go`",
        get_it: "sudo apt-get install golang-go, or get it from https://go.dev/dl",
    },
    ClientInfo {
        program: "rustc",
        needed_for: "building everything in Rust",
        get_it: "get rustup from https://rustup.rs",
    },
];

/// What is known about a client program.
#[must_use]
pub fn client_info(program: &str) -> Option<ClientInfo> {
    CLIENTS.into_iter().find(|info| info.program == program)
}

/// Where client programs are searched and what they are told.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Folders in which programs are searched, separated as in `PATH`.
    pub path: OsString,
    /// Cargo's home, where it keeps downloaded packages.
    pub cargo_home: PathBuf,
    /// Variables set for every client on top of the inherited ones.
    pub env: Vec<(OsString, OsString)>,
}

impl Clients {
    /// Clients as the process's own environment has them, given as a function from a variable's name to its value.
    #[must_use]
    pub fn from_env(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let home = variable("HOME").map_or_else(PathBuf::new, PathBuf::from);
        Self {
            path: variable("PATH").unwrap_or_default(),
            cargo_home: variable("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from),
            env: Vec::new(),
        }
    }

    /// The program of that name, if it is installed.
    #[must_use]
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        std::env::split_paths(&self.path).map(|folder| folder.join(program)).find(|path| {
            path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
        })
    }

    /// As [`Clients::find`], for a program that is needed now.
    ///
    /// # Errors
    /// When it is missing: names it, what it is for, and how to get it.
    pub fn need(&self, program: &str) -> anyhow::Result<PathBuf> {
        self.find(program).ok_or_else(|| missing(program))
    }

    /// The first line that a program says about its version.
    ///
    /// # Errors
    /// When it is missing or fails.
    pub fn version(&self, folder: &Path, program: &str) -> anyhow::Result<String> {
        let said = self.read(folder, program, ["--version"])?;
        Ok(said.lines().next().unwrap_or_default().to_owned())
    }

    /// Starts a client in `folder` and waits for it. Standard input is empty, the language of messages is English.
    /// A failing exit status is not an error here.
    ///
    /// # Errors
    /// When the program is missing or cannot be started.
    pub(super) fn output<I, S>(&self, folder: &Path, program: &str, args: I) -> anyhow::Result<Finished>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let arguments = args.into_iter().map(|argument| argument.as_ref().to_owned());
        let mut command = Program::new(self.need(program)?).args(arguments).current_dir(folder);
        for (name, value) in &self.env {
            command = command.env(name, value);
        }
        command.output()
    }

    /// As [`Clients::output`], and gives standard output as text.
    ///
    /// # Errors
    /// Also when the program fails: with the end of what it complained about.
    pub(super) fn read<I, S>(&self, folder: &Path, program: &str, args: I) -> anyhow::Result<String>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let finished = self.output(folder, program, args)?;
        if finished.code == Some(0) {
            return Ok(finished.stdout);
        }
        anyhow::bail!("`{program}` failed: {}", complaint(&finished))
    }
}

/// The error for a program that is not installed: what it is for, and how to get it.
pub(super) fn missing(program: &str) -> anyhow::Error {
    let all = "`cargo xtask doctor` lists all that is needed";
    match client_info(program) {
        Some(info) => Hint::new(
            format!("the program `{program}` is not installed, needed for {}", info.needed_for),
            format!("{}; {all}", info.get_it),
        ),
        None => Hint::new(format!("the program `{program}` is not installed"), all),
    }
    .into()
}

/// The end of what a program wrote to standard error, without credentials in addresses.
pub(super) fn complaint(finished: &Finished) -> String {
    let lines: Vec<&str> = finished.stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return finished.ending();
    }
    let shown = &lines[lines.len().saturating_sub(STDERR_LINES)..];
    without_credentials(&shown.join("\n  "))
}

/// `text` with `user:password@` in addresses replaced.
fn without_credentials(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after.find(|letter: char| letter == '/' || letter.is_whitespace()).unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(sign) => {
                out.push_str("***");
                &after[sign..]
            }
            None => after,
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_addresses_are_not_repeated() {
        let text = "E: https://user:secret@host.example/a and http://token@h/b, mail a@b";
        assert_eq!(without_credentials(text), "E: https://***@host.example/a and http://***@h/b, mail a@b");
    }

    #[test]
    fn a_missing_client_is_named_with_the_command_that_gets_it() {
        let clients = Clients { path: "/nowhere".into(), cargo_home: PathBuf::new(), env: Vec::new() };
        let error = clients.need("npm").unwrap_err();
        assert_eq!(error.to_string(), "the program `npm` is not installed, needed for sources of kind `npm`");
        assert!(error.downcast_ref::<Hint>().unwrap().hint().starts_with("sudo apt-get install npm"));
    }
}
