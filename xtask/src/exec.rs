//! Starts programs: one place that says how output is kept and what a failure looks like; knows no step.
//!
//! Two places start programs in another way: `series::git` through `xshell`, since git is given an empty environment
//! and patches on standard input, and `pack::licences` through `cargo_metadata`, which reads cargo's answer itself.
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::tree;

/// A program to run, as data: nothing is started until [`Program::run`] or [`Program::output`].
#[derive(Debug, Clone)]
pub struct Program {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    removed: Vec<OsString>,
    folder: Option<PathBuf>,
}

/// How many lines of a failed program's output an error repeats.
const TAIL_LINES: usize = 25;

impl Program {
    /// A program by path or by name on `PATH`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: vec![("LC_ALL".into(), "C".into())],
            removed: Vec::new(),
            folder: None,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds several arguments.
    #[must_use]
    pub fn args<T: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable for the program alone.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        let name = name.into();
        self = self.forget(&name);
        self.environment.push((name, value.into()));
        self
    }

    /// Takes a variable away from the program.
    #[must_use]
    pub fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        let name = name.into();
        self = self.forget(&name);
        self.removed.push(name);
        self
    }

    /// Drops what was said of a variable before: the last word counts, however the program is started.
    fn forget(mut self, name: &OsStr) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.removed.retain(|known| known != name);
        self
    }

    /// The folder the program runs in.
    #[must_use]
    pub fn current_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// The command line as a person would type it.
    #[must_use]
    pub fn command_line(&self) -> String {
        let mut line = self.program.display().to_string();
        for argument in &self.arguments {
            let argument = argument.to_string_lossy();
            if argument.contains(' ') {
                let _ = write!(line, " '{argument}'");
            } else {
                let _ = write!(line, " {argument}");
            }
        }
        line
    }

    /// What failed when there is no program yet. Without arguments: they may hold an address with a password.
    fn starting(&self) -> String {
        format!("starting `{}`", self.program.display())
    }

    fn expression(&self) -> duct::Expression {
        let mut expression = duct::cmd(self.program.as_os_str(), &self.arguments);
        if let Some(folder) = &self.folder {
            expression = expression.dir(folder);
        }
        for name in &self.removed {
            expression = expression.env_remove(name);
        }
        for (name, value) in &self.environment {
            expression = expression.env(name, value);
        }
        expression.stdin_null().unchecked()
    }

    /// Runs the program with both streams going to the file `log`.
    ///
    /// # Errors
    /// When the program cannot be started or ends with another code than 0; the message holds the
    /// end of its output and names the log.
    pub fn run(&self, log: &Path) -> anyhow::Result<()> {
        if let Some(folder) = log.parent() {
            tree::create(folder)?;
        }
        let output =
            self.expression().stderr_to_stdout().stdout_path(log).run().with_context(|| self.starting())?;
        if output.status.success() {
            return Ok(());
        }
        let text = std::fs::read(log).unwrap_or_default();
        anyhow::bail!(
            "`{}` ended with {}\n{}\n(whole output: `{}`)",
            self.command_line(),
            Finished::from(&output).ending(),
            tail(&String::from_utf8_lossy(&text)),
            log.display()
        )
    }

    /// Runs the program and gives what it printed and how it ended, whatever its exit code.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn output(&self) -> anyhow::Result<Finished> {
        let output =
            self.expression().stdout_capture().stderr_capture().run().with_context(|| self.starting())?;
        Ok(Finished::from(&output))
    }

    /// Starts the program and gives its standard output to read as it comes; its messages are kept for the end.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn reader(&self) -> anyhow::Result<duct::ReaderHandle> {
        self.expression().stderr_capture().reader().with_context(|| self.starting())
    }

    /// Runs the program with the streams and the language of this process, for people who look on or type, and gives
    /// its exit code; 128 and the number of the signal that ended it, as shells do.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn attached(self) -> anyhow::Result<i32> {
        use std::os::unix::process::ExitStatusExt as _;
        let program = self.forget(OsStr::new("LC_ALL"));
        let status = program.command().status().with_context(|| program.starting())?;
        Ok(status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1))
    }

    /// Runs the program and gives its standard output.
    ///
    /// # Errors
    /// When it cannot be started or ends with another code than 0; the message holds what it printed.
    pub fn stdout(&self) -> anyhow::Result<String> {
        let finished = self.output()?;
        if finished.code == Some(0) {
            return Ok(finished.stdout);
        }
        anyhow::bail!("`{}` failed: {}", self.command_line(), finished.describe())
    }
}

impl Program {
    /// Starts the program in a process group of its own, with its output going to the file `log`.
    ///
    /// # Errors
    /// When the log cannot be made or the program not be started.
    pub fn spawn_group(&self, log: &Path) -> anyhow::Result<RunningGroup> {
        let file = create(log)?;
        let again = file.try_clone().with_context(|| format!("opening `{}`", log.display()))?;
        self.spawn_into(file, again)
    }

    /// The same with its output going to one file and its messages to another.
    ///
    /// # Errors
    /// When a file cannot be made or the program not be started.
    pub fn spawn_group_apart(&self, output: &Path, messages: &Path) -> anyhow::Result<RunningGroup> {
        self.spawn_into(create(output)?, create(messages)?)
    }

    fn spawn_into(&self, output: File, messages: File) -> anyhow::Result<RunningGroup> {
        use std::os::unix::process::CommandExt as _;
        let mut command = self.command();
        command.stdin(std::process::Stdio::null()).stdout(output).stderr(messages).process_group(0);
        let child = command.spawn().with_context(|| self.starting())?;
        Ok(RunningGroup { child })
    }

    fn command(&self) -> std::process::Command {
        let mut command = std::process::Command::new(&self.program);
        command.args(&self.arguments);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        for name in &self.removed {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// An empty file; folders above it are made.
fn create(path: &Path) -> anyhow::Result<File> {
    if let Some(folder) = path.parent() {
        tree::create(folder)?;
    }
    File::create(path).with_context(|| format!("creating `{}`", path.display()))
}

/// A running program together with everything it started.
#[derive(Debug)]
pub struct RunningGroup {
    child: std::process::Child,
}

impl RunningGroup {
    /// Waits at most `limit` for the program to end; its exit code when it did (-1 for a signal).
    ///
    /// # Errors
    /// When the operating system cannot say.
    pub fn wait_at_most(&mut self, limit: std::time::Duration) -> anyhow::Result<Option<i32>> {
        let end = std::time::Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait().context("waiting for a program")? {
                return Ok(Some(status.code().unwrap_or(-1)));
            }
            let left = end.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            std::thread::sleep(left.min(std::time::Duration::from_millis(5)));
        }
    }

    /// Ends the program and everything in its group at once (SIGKILL), and collects it.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn kill(mut self) -> anyhow::Result<()> {
        if let Some(group) = rustix::process::Pid::from_raw(i32::try_from(self.child.id())?) {
            match rustix::process::kill_process_group(group, rustix::process::Signal::KILL) {
                Ok(()) | Err(rustix::io::Errno::SRCH) => {}
                Err(error) => return Err(error).context("killing a process group"),
            }
        }
        self.child.wait().context("waiting for a killed program")?;
        Ok(())
    }
}

/// A program that has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Finished {
    /// How it ended, for an error message: `exit code 1` or `a signal`.
    #[must_use]
    pub fn ending(&self) -> String {
        self.code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"))
    }

    /// How it ended and the end of its output, for an error message.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{}\n{}", self.ending(), tail(&format!("{}{}", self.stdout, self.stderr)))
    }
}

impl From<&std::process::Output> for Finished {
    fn from(output: &std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The last lines of `text`.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_a_variable_counts() {
        let shell = Program::new("sh").args(["-c", "printf %s:%s \"$LC_ALL\" \"$WORD\""]);
        let said =
            shell.clone().env("LC_ALL", "POSIX").env_remove("WORD").env("WORD", "set").stdout().unwrap();
        assert_eq!(said, "POSIX:set");
        assert_eq!(shell.env("WORD", "set").env_remove("WORD").stdout().unwrap(), "C:");
    }

    fn shell(script: &str) -> Program {
        Program::new("sh").args(["-c", script])
    }

    #[test]
    fn a_command_line_reads_as_a_person_would_type_it() {
        let program = Program::new("bin/clang").args(["-c", "a b.c"]).arg("-o").arg("a.o");
        assert_eq!(program.command_line(), "bin/clang -c 'a b.c' -o a.o");
    }

    #[test]
    fn a_failure_is_told_with_the_end_of_the_output_and_the_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log/made.log");
        shell("seq 30; echo bad >&2; exit 3").run(&log).unwrap_err();
        let text = format!("{:#}", shell("seq 30; echo bad >&2; exit 3").run(&log).unwrap_err());
        for part in ["`sh -c 'seq 30;", "ended with exit code 3\n", "\n30\nbad\n", &log.display().to_string()]
        {
            assert!(text.contains(part), "`{part}` is not in: {text}");
        }
        assert!(!text.contains("\n6\n"), "more than the end: {text}");
        assert_eq!(std::fs::read_to_string(&log).unwrap().lines().count(), 31);
        shell("echo done").run(&log).unwrap();
        assert_eq!(std::fs::read_to_string(&log).unwrap(), "done\n");
    }

    #[test]
    fn output_is_kept_apart_and_an_exit_code_is_an_answer() {
        let finished = shell("echo out; echo err >&2; exit 7").output().unwrap();
        assert_eq!((finished.code, &*finished.stdout, &*finished.stderr), (Some(7), "out\n", "err\n"));
        assert_eq!(finished.describe(), "exit code 7\nout\nerr");
        assert_eq!(shell("kill -9 $$").output().unwrap().ending(), "a signal");
        let error = shell("echo out; exit 7").stdout().unwrap_err().to_string();
        assert_eq!(error, "`sh -c 'echo out; exit 7'` failed: exit code 7\nout");
    }

    #[test]
    fn the_exit_code_of_an_attached_program_is_passed_on() {
        assert_eq!(shell("exit 7").attached().unwrap(), 7);
        assert_eq!(shell("kill -TERM $$").attached().unwrap(), 128 + 15);
    }

    #[test]
    fn a_program_that_is_not_there_is_named_without_its_arguments() {
        let error = Program::new("/nonexistent/git").arg("https://user:secret@h/").output().unwrap_err();
        assert_eq!(error.to_string(), "starting `/nonexistent/git`");
        assert!(!format!("{error:#}").contains("secret"), "{error:#}");
    }

    #[test]
    fn variables_and_folder_are_the_programs_own() {
        let folder = tempfile::tempdir().unwrap();
        let program = shell("echo $LC_ALL $A ${HOME-none}; pwd -P").env("A", "b").env_remove("HOME");
        let text = program.current_dir(folder.path()).stdout().unwrap();
        let here = folder.path().canonicalize().unwrap();
        assert_eq!(text, format!("C b none\n{}\n", here.display()));
    }

    #[test]
    fn a_group_ends_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut short = shell("exit 4").spawn_group(&log).unwrap();
        assert_eq!(short.wait_at_most(std::time::Duration::from_secs(60)).unwrap(), Some(4));
        let mut long = shell("cat /dev/zero >/dev/null").spawn_group(&log).unwrap();
        assert_eq!(long.wait_at_most(std::time::Duration::ZERO).unwrap(), None);
        long.kill().unwrap();
    }

    #[test]
    fn what_a_group_left_running_ends_with_it_and_its_messages_lie_apart() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let (output, messages) = (log.join("output"), log.join("messages"));
        let script = shell("cat /dev/zero >/dev/null & echo $!; echo said >&2");
        let mut group = script.spawn_group_apart(&output, &messages).unwrap();
        assert_eq!(group.wait_at_most(std::time::Duration::from_secs(60)).unwrap(), Some(0));
        group.kill().unwrap();
        assert_eq!(std::fs::read_to_string(&messages).unwrap(), "said\n");
        let left = std::fs::read_to_string(&output).unwrap();
        // What is killed has no command line, also before whoever adopted it has collected it.
        let line = std::path::PathBuf::from(format!("/proc/{}/cmdline", left.trim()));
        let runs = || std::fs::read(&line).is_ok_and(|line| !line.is_empty());
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while runs() && std::time::Instant::now() < end {
            std::thread::yield_now();
        }
        assert!(!runs(), "it still runs");
    }
}
