//! Runs git so that its results depend on the repository alone: no configuration, hooks, locale, clock or identity
//! of the person who runs it. Knows nothing of patches.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use xshell::{Cmd, Shell};

use crate::tree;

/// Settings that the command line fixes, because a repository's own configuration could change the result.
const FIXED: &[&str] = &[
    "advice.detachedHead=false",
    "apply.ignoreWhitespace=no",
    "apply.whitespace=nowarn",
    "commit.gpgSign=false",
    "core.abbrev=40",
    "core.attributesFile=/dev/null",
    "core.autocrlf=false",
    "core.eol=lf",
    "core.excludesFile=/dev/null",
    "core.fileMode=true",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=true",
    "core.safecrlf=false",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
    "diff.statGraphWidth=0",
    "diff.statNameWidth=0",
    "diff.suppressBlankEmpty=false",
    "format.coverLetter=false",
    "format.outputDirectory=",
    "format.useAutoBase=false",
    "gc.auto=0",
    "i18n.commitEncoding=UTF-8",
    "i18n.logOutputEncoding=UTF-8",
    "log.mailmap=false",
    "mailinfo.scissors=false",
    "maintenance.auto=false",
    "merge.conflictStyle=merge",
    "merge.renames=true",
    "rerere.enabled=false",
];

/// Who a commit made by these commands is by; the author stays the author of the patch.
const COMMITTER: (&str, &str) = ("WarpGrid patch series", "series@warpgrid.invalid");

/// Git in one repository.
#[derive(Clone)]
pub struct Git<'a> {
    sh: &'a Shell,
    folder: PathBuf,
}

/// How a git command ended.
#[derive(Debug)]
pub struct Ended {
    /// Whether it exited with 0.
    pub ok: bool,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its messages.
    pub stderr: String,
}

impl<'a> Git<'a> {
    /// Git in the repository at `folder`, which need not exist yet for [`Git::init`].
    #[must_use]
    pub fn new(sh: &'a Shell, folder: &Path) -> Self {
        Self { sh, folder: folder.to_owned() }
    }

    /// The repository's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes an empty repository; nothing happens when there is one.
    ///
    /// # Errors
    /// When the folder cannot be made, or git fails.
    pub fn init(&self, bare: bool) -> anyhow::Result<()> {
        let folder = &self.folder;
        tree::create(folder)?;
        let mut arguments = vec!["init", "-q", "--template=", "--initial-branch=series"];
        arguments.extend(bare.then_some("--bare"));
        self.run(&arguments)
    }

    /// Runs a command that must succeed; its output is dropped.
    ///
    /// # Errors
    /// When git cannot be started or fails: with the command and its messages.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<()> {
        self.bytes(arguments).map(drop)
    }

    /// The standard output of a command that must succeed, without white space at the end.
    ///
    /// # Errors
    /// As [`Git::run`], or when the output is not UTF-8.
    pub fn text(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let bytes = self.bytes(arguments)?;
        let text = String::from_utf8(bytes)
            .with_context(|| format!("`git {}` printed bytes that are not UTF-8", arguments.join(" ")))?;
        Ok(text.trim_end().to_owned())
    }

    /// The standard output of a command that must succeed.
    ///
    /// # Errors
    /// As [`Git::run`].
    pub fn bytes(&self, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
        self.must_succeed(arguments, self.attempt(arguments)?)
    }

    /// Runs a command whose failure is an answer.
    ///
    /// # Errors
    /// Only when git cannot be started.
    pub fn attempt(&self, arguments: &[&str]) -> anyhow::Result<Ended> {
        ended(self.isolated().args(arguments))
    }

    /// As [`Git::text`], with `input` on standard input.
    ///
    /// # Errors
    /// As [`Git::text`].
    pub fn text_with(&self, arguments: &[&str], input: &[u8]) -> anyhow::Result<String> {
        let bytes = self.must_succeed(arguments, ended(self.isolated().args(arguments).stdin(input))?)?;
        Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }

    /// The id of what `name` means, `None` when it means nothing here.
    ///
    /// # Errors
    /// Only when git cannot be started.
    pub fn resolve(&self, name: &str) -> anyhow::Result<Option<String>> {
        let ended = self.attempt(&["rev-parse", "-q", "--verify", name])?;
        Ok(ended.ok.then(|| String::from_utf8_lossy(&ended.stdout).trim().to_owned()))
    }

    /// The bytes of a file in a commit, `None` when it is not there.
    ///
    /// # Errors
    /// Only when git cannot be started.
    pub fn file_at(&self, commit: &str, path: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let ended = self.attempt(&["cat-file", "blob", &format!("{commit}:{path}")])?;
        Ok(ended.ok.then_some(ended.stdout))
    }

    /// Fetches with the configuration of the person who runs it, so that their mirrors, proxies and keys are used;
    /// never asks a question.
    ///
    /// # Errors
    /// Only when git cannot be started.
    pub fn fetch(&self, arguments: &[&str]) -> anyhow::Result<Ended> {
        let slow = ["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30", "-c", "gc.auto=0"];
        let mut command = self.command().args(slow).arg("fetch").args(arguments);
        for inherited in
            ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE"]
        {
            command = command.env_remove(inherited);
        }
        ended(command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C"))
    }

    fn must_succeed(&self, arguments: &[&str], ended: Ended) -> anyhow::Result<Vec<u8>> {
        if !ended.ok {
            let command = arguments.join(" ");
            bail!("`git {command}` failed in `{}`: {}", self.folder.display(), ended.stderr.trim_end());
        }
        Ok(ended.stdout)
    }

    fn command(&self) -> Cmd<'a> {
        self.sh.cmd("git").arg("-C").arg(&self.folder).quiet()
    }

    fn isolated(&self) -> Cmd<'a> {
        let mut command = self.command();
        for setting in FIXED {
            command = command.arg("-c").arg(setting);
        }
        let (name, address) = COMMITTER;
        let above = self.folder.parent().unwrap_or(&self.folder);
        command
            .env_clear()
            // A damaged checkout must not make git find the repository around it.
            .env("GIT_CEILING_DIRECTORIES", above)
            .env("PATH", self.sh.var_os("PATH").unwrap_or_default())
            .env("HOME", "/nonexistent")
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_EDITOR", "true")
            .env("GIT_COMMITTER_NAME", name)
            .env("GIT_COMMITTER_EMAIL", address)
    }
}

fn ended(command: Cmd<'_>) -> anyhow::Result<Ended> {
    let output =
        command.ignore_status().output().context("cannot start git: install it, or put it on `PATH`")?;
    Ok(Ended {
        ok: output.status.success(),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
