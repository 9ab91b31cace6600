//! A folder of client programs that start without further ado, to be put before a search path.
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Context;
use warpgrid_test_services::Services;

/// Programs for people.
const PROGRAMS: [&str; 9] = [
    "createdb",
    "mariadb",
    "mysql",
    "mysqldump",
    "pg_dump",
    "pgbench",
    "psql",
    "redis-benchmark",
    "redis-cli",
];

/// Writes one small script a program into `folder`.
pub(super) fn write(services: &Services, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("creating `{}`", folder.display()))?;
    for name in PROGRAMS {
        // Without MySQL, `mysql` is MariaDB's client, and there is no `mysqldump`.
        let Ok(program) = services.program(name) else { continue };
        let mut script = String::from("#!/bin/sh\n");
        for (name, value) in &program.environment {
            // Writing to a string cannot fail.
            let _ = writeln!(script, "export {}={}", name.display(), quoted(&value.to_string_lossy()));
        }
        let _ = write!(script, "exec {}", quoted(&program.path.to_string_lossy()));
        for argument in &program.arguments {
            let _ = write!(script, " {}", quoted(&argument.to_string_lossy()));
        }
        script.push_str(" \"$@\"\n");
        let path = folder.join(name);
        std::fs::write(&path, script).with_context(|| format!("writing `{}`", path.display()))?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .with_context(|| format!("setting the mode of `{}`", path.display()))?;
    }
    Ok(())
}

/// Text as one word of a shell.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(quoted("a b'c"), r"'a b'\''c'");
    }
}
