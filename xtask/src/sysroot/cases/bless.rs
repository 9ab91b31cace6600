//! Writes the present output of a case as the expected one; knows nothing of how it was made.
use anyhow::{Context, bail};

use super::directive::{Case, directive};

/// Replaces the case's `stdout` directives, or its expectation file, by `stdout`.
///
/// # Errors
/// When the output is empty (an empty expectation must not exist) or a file cannot be written.
pub(super) fn bless(case: &Case, stdout: &str) -> anyhow::Result<()> {
    if stdout.is_empty() {
        bail!("`{}` printed nothing: an empty expectation shows nothing", case.source.display());
    }
    let (path, text) = if case.inline {
        let source = std::fs::read_to_string(&case.source)
            .with_context(|| format!("reading `{}`", case.source.display()))?;
        (case.source.clone(), replace(&source, stdout))
    } else {
        (case.source.with_extension("expected.txt"), stdout.to_owned())
    };
    std::fs::write(&path, text).with_context(|| format!("writing `{}`", path.display()))
}

fn replace(source: &str, stdout: &str) -> String {
    let mut head = Vec::new();
    let mut lines = source.lines().peekable();
    while let Some(line) = lines.next_if(|line| directive(line).is_some()) {
        if !matches!(directive(line), Some((Some("stdout"), _))) {
            head.push(line.to_owned());
        }
    }
    head.extend(stdout.lines().map(|line| format!("//! stdout: {line}")));
    head.extend(lines.map(str::to_owned));
    head.push(String::new());
    head.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_expected_lines_change() {
        let source = "//! Shows.\n//! stdout: old\n//! run: warp\nint main;\n//! stdout: code\n";
        assert_eq!(
            replace(source, "new\nmore\n"),
            "//! Shows.\n//! run: warp\n//! stdout: new\n//! stdout: more\nint main;\n//! stdout: code\n"
        );
    }
}
