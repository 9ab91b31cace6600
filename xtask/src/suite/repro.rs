//! Builds the SDK again in other surroundings; every byte of the tarball must be the same.
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;

use super::SuiteContext;
use super::variation::{Surroundings, copy_checkout, tarball};
use crate::digest::sha256_of_file;
use crate::exec::Program;
use crate::report::{Outcome, SuiteReport};
use crate::{step, tree};

/// What a variation changes: it is given plain surroundings, and says why when it cannot run here.
type Change = fn(&SuiteContext<'_>, &mut Surroundings, &Folders) -> anyhow::Result<Option<String>>;

/// A variation: its name and what it changes.
type Variation = (&'static str, Change);

/// Variations that can be made together. In CI a group is one build, and only when its bytes differ is each variation
/// built alone, to say which one it is; with `--full` each is built alone. Parts that take minutes to compile come
/// from the cache, except in the last one.
const GROUPS: &[&[Variation]] = &[
    &[
        ("another path, with a space in it", another_path),
        ("umask 077", umask),
        ("time zone Pacific/Kiritimati", |_, around, _| set(around, &[("TZ", "Pacific/Kiritimati")])),
        ("Turkish locale", |_, around, _| set(around, &[("LANG", "tr_TR.UTF-8"), ("LC_ALL", "tr_TR.UTF-8")])),
        ("one job", |_, around, _| {
            around.jobs = 1;
            Ok(None)
        }),
    ],
    &[
        ("inputs from a folder of files by digest, empty cache of inputs", cold_inputs),
        // Gives away what was made before, and must itself start the faked clock, whose semaphore has an owner.
        ("another user", another_user),
        ("two years later", two_years_later),
    ],
    &[(
        "nothing cached: everything compiled again, elsewhere, in another zone and with another umask",
        nothing_cached,
    )],
];

/// Folders that the variations share.
struct Folders {
    scratch: PathBuf,
    checkout: PathBuf,
    faketime: Option<PathBuf>,
}

/// Builds in other surroundings and compares with the tarball that the suites were given.
///
/// # Errors
/// When the copy of the tree cannot be made.
pub(super) fn run(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("repro");
    let expected = sha256_of_file(&context.sdk()?.tarball)?;
    let scratch = context.scratch("repro")?;
    let checkout = scratch.join("checkout");
    copy_checkout(&context.paths.root, &checkout)?;
    let folders = Folders {
        faketime: step::faketime_library(context.paths, context.offline, context.jobs).ok(),
        checkout,
        scratch,
    };
    let comparison = Comparison { context, folders: &folders, expected: &expected };
    for group in GROUPS {
        for part in if context.full { group.chunks(1) } else { group.chunks(group.len()) } {
            comparison.report(part, &mut report);
        }
    }
    tree::empty(&folders.scratch.join("variation"))?;
    Ok(report)
}

/// What every variation is compared with, and made from.
struct Comparison<'a> {
    context: &'a SuiteContext<'a>,
    folders: &'a Folders,
    expected: &'a str,
}

impl Comparison<'_> {
    /// Adds a row for all of these at once, and one for each that cannot be made here.
    fn report(&self, variations: &[Variation], report: &mut SuiteReport) {
        let start = Instant::now();
        let names = |variations: &[Variation]| {
            variations.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" + ")
        };
        match self.build(variations) {
            Err(error) => {
                report.add(names(variations), Outcome::Failed(format!("{error:#}")), start.elapsed());
            }
            Ok(Built { made, skipped, digest }) => {
                for (name, reason) in skipped {
                    report.add(name, Outcome::Skipped(reason), Duration::ZERO);
                }
                let Some(digest) = digest else { return };
                let outcome =
                    if digest == self.expected { Outcome::Passed } else { self.differs(&made, &digest) };
                report.add(names(&made), outcome, start.elapsed());
            }
        }
    }

    /// Builds with all of these changes.
    fn build(&self, variations: &[Variation]) -> anyhow::Result<Built> {
        let folder = self.folders.scratch.join("variation");
        tree::empty(&folder)?;
        let cache = &self.context.paths.cache;
        let mut around = Surroundings::plain(self.context, &folder, &self.folders.checkout, cache);
        let mut built = Built { made: Vec::new(), skipped: Vec::new(), digest: None };
        for variation in variations {
            let (name, change) = variation;
            match change(self.context, &mut around, self.folders).with_context(|| (*name).to_owned())? {
                Some(reason) => built.skipped.push((name, reason)),
                None => built.made.push(*variation),
            }
        }
        if let Some((name, _)) = built.made.first() {
            around.build_sdk()?.run(&self.context.log(&format!("repro {name}")))?;
            let made = tarball(&around.build)?;
            let digest = sha256_of_file(&made)?;
            if digest != self.expected {
                let kept = self.folders.different();
                std::fs::copy(&made, &kept).with_context(|| format!("copying `{}`", made.display()))?;
            }
            built.digest = Some(digest);
        }
        Ok(built)
    }

    /// Says that the bytes differ, and which of several changes does it.
    fn differs(&self, variations: &[Variation], digest: &str) -> Outcome {
        let mut text = format!(
            "other bytes: {} is expected, `{}` has {digest}",
            self.expected,
            self.folders.different().display()
        );
        for variation in variations.iter().filter(|_| variations.len() > 1) {
            let alone = match self.build(&[*variation]) {
                Ok(Built { digest: Some(digest), .. }) if digest != self.expected => "other bytes".to_owned(),
                Ok(_) => "the same bytes".to_owned(),
                Err(error) => format!("{error:#}"),
            };
            text.push_str(&format!("\nalone, `{}` gives: {alone}", variation.0));
        }
        Outcome::Failed(text)
    }
}

/// One build in other surroundings.
struct Built {
    /// The variations that were made.
    made: Vec<Variation>,
    /// Those that cannot be made here, and why.
    skipped: Vec<(&'static str, String)>,
    /// The digest of the tarball; none when nothing was made.
    digest: Option<String>,
}

impl Folders {
    /// Where the last tarball that differs is kept.
    fn different(&self) -> PathBuf {
        self.scratch.join("different.tar.gz")
    }
}

fn set(around: &mut Surroundings, variables: &[(&'static str, &str)]) -> anyhow::Result<Option<String>> {
    around.environment.extend(variables.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Ok(None)
}

fn another_path(
    context: &SuiteContext<'_>,
    around: &mut Surroundings,
    folders: &Folders,
) -> anyhow::Result<Option<String>> {
    around.checkout = folders.scratch.join("variation/quite another place");
    around.build = around.checkout.join("target/warpgrid");
    copy_checkout(&context.paths.root, &around.checkout)?;
    Ok(None)
}

fn umask(_: &SuiteContext<'_>, around: &mut Surroundings, _: &Folders) -> anyhow::Result<Option<String>> {
    around.starter.extend(["sh", "-c", "umask 077; exec \"$@\"", "sh"].map(str::to_owned));
    Ok(None)
}

/// Needs root to become somebody else; the cache is copied, since it belongs to the first user.
fn another_user(
    context: &SuiteContext<'_>,
    around: &mut Surroundings,
    folders: &Folders,
) -> anyhow::Result<Option<String>> {
    const NOBODY: &str = "65534";
    if !rustix::process::geteuid().is_root() {
        return Ok(Some("only root can start a program as another user".into()));
    }
    let reachable = |path: &Path| {
        use std::os::unix::fs::PermissionsExt as _;
        path.ancestors()
            .skip(1)
            .all(|folder| folder.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0))
    };
    if !reachable(&around.driver) {
        let reason = format!("another user cannot reach `{}`", around.driver.display());
        return Ok(Some(reason));
    }
    let home = folders.scratch.join("variation");
    own_cache(context, around, folders)?;
    around.checkout = home.join("checkout");
    copy_checkout(&context.paths.root, &around.checkout)?;
    around.environment.push(("HOME", home.display().to_string()));
    Program::new("chown").args(["-R", NOBODY]).arg(&home).run(&context.log("repro-chown"))?;
    around
        .starter
        .extend(["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"].map(str::to_owned));
    Ok(None)
}

/// Gives the build a copy of the cache, if it has none of its own yet.
fn own_cache(context: &SuiteContext<'_>, around: &mut Surroundings, folders: &Folders) -> anyhow::Result<()> {
    let own = folders.scratch.join("variation/cache");
    if around.cache == own {
        return Ok(());
    }
    tree::create(&own)?;
    around.cache.clone_from(&own);
    Program::new("cp")
        .arg("-a")
        .arg(context.paths.cache.join("."))
        .arg(&own)
        .run(&context.log("repro-copy-cache"))
}

fn two_years_later(
    _: &SuiteContext<'_>,
    around: &mut Surroundings,
    folders: &Folders,
) -> anyhow::Result<Option<String>> {
    let Some(library) = &folders.faketime else {
        return Ok(Some("libfaketime is neither in the cache nor to be had".into()));
    };
    around.starter.extend([
        "env".to_owned(),
        format!("LD_PRELOAD={}", library.display()),
        "FAKETIME=+2y".to_owned(),
        "FAKETIME_DONT_FAKE_MONOTONIC=1".to_owned(),
    ]);
    Ok(None)
}

fn cold_inputs(
    context: &SuiteContext<'_>,
    around: &mut Surroundings,
    folders: &Folders,
) -> anyhow::Result<Option<String>> {
    own_cache(context, around, folders)?;
    std::fs::rename(around.cache.join("objects"), folders.scratch.join("variation/distfiles"))
        .context("moving the inputs out of the copied cache")?;
    step::link_objects(
        &folders.scratch.join("variation/distfiles"),
        &folders.scratch.join("variation/by-digest"),
    )?;
    around.distfiles = Some(folders.scratch.join("variation/by-digest"));
    Ok(None)
}

fn nothing_cached(
    context: &SuiteContext<'_>,
    around: &mut Surroundings,
    folders: &Folders,
) -> anyhow::Result<Option<String>> {
    if !context.full {
        return Ok(Some("compiles the host once more, which takes minutes; `--full` runs it".into()));
    }
    another_path(context, around, folders)?;
    umask(context, around, folders)?;
    around.cache = folders.scratch.join("variation/empty cache");
    let by_digest = folders.scratch.join("variation/by-digest");
    step::link_objects(&context.paths.cache.join("objects"), &by_digest)?;
    around.distfiles = Some(by_digest);
    set(around, &[("TZ", "America/St_Johns"), ("LANG", "de_DE.UTF-8")])
}
