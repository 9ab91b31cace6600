//! Starts programs: one place that says how output is kept and what a failure looks like; knows no step.
use std::ffi::OsString;
use std::fmt::Write as _;
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
    directory: Option<PathBuf>,
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
            directory: None,
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
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Takes a variable away from the program.
    #[must_use]
    pub fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        self.removed.push(name.into());
        self
    }

    /// The folder the program runs in.
    #[must_use]
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
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

    fn expression(&self) -> duct::Expression {
        let mut expression = duct::cmd(self.program.as_os_str(), &self.arguments);
        if let Some(directory) = &self.directory {
            expression = expression.dir(directory);
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
        let output = self
            .expression()
            .stderr_to_stdout()
            .stdout_path(log)
            .run()
            .with_context(|| format!("starting `{}`", self.command_line()))?;
        if output.status.success() {
            return Ok(());
        }
        let text = std::fs::read(log).unwrap_or_default();
        anyhow::bail!(
            "`{}` ended with {}\n{}\n(whole output: `{}`)",
            self.command_line(),
            output.status,
            tail(&String::from_utf8_lossy(&text)),
            log.display()
        )
    }

    /// Runs the program and gives what it printed and how it ended, whatever its exit code.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn output(&self) -> anyhow::Result<Finished> {
        let output = self
            .expression()
            .stdout_capture()
            .stderr_capture()
            .run()
            .with_context(|| format!("starting `{}`", self.command_line()))?;
        Ok(Finished {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
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
        use std::os::unix::process::CommandExt as _;
        let file = std::fs::File::create(log).with_context(|| format!("creating `{}`", log.display()))?;
        let again = file.try_clone().with_context(|| format!("opening `{}`", log.display()))?;
        let mut command = std::process::Command::new(&self.program);
        command
            .args(&self.arguments)
            .stdin(std::process::Stdio::null())
            .stdout(file)
            .stderr(again)
            .process_group(0);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        for name in &self.removed {
            command.env_remove(name);
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let child = command.spawn().with_context(|| format!("starting `{}`", self.command_line()))?;
        Ok(RunningGroup { child })
    }
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
    /// Exit code and the end of the output, for an error message.
    #[must_use]
    pub fn describe(&self) -> String {
        let code = self.code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
        format!("{code}\n{}", tail(&format!("{}{}", self.stdout, self.stderr)))
    }
}

/// The last lines of `text`.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}
