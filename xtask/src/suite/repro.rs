//! Builds the SDK again in other surroundings; every byte of the tarball must be the same.
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::SuiteContext;
use super::variation::{Surroundings, copy_checkout, tarball};
use crate::digest::sha256_of_file;
use crate::exec::Program;
use crate::report::{Outcome, SuiteReport};
use crate::{step, tree};

/// What a variation changes: it is given plain surroundings, and says why when it cannot run here.
type Change = fn(&SuiteContext<'_>, &mut Surroundings, &Folders) -> anyhow::Result<Option<String>>;

/// One variation after the other. Parts that take minutes to compile come from the cache, except in the last one.
const VARIATIONS: &[(&str, Change)] = &[
    ("another path, with a space in it", another_path),
    ("umask 077", umask),
    ("time zone Pacific/Kiritimati", |_, around, _| set(around, &[("TZ", "Pacific/Kiritimati")])),
    ("Turkish locale", |_, around, _| set(around, &[("LANG", "tr_TR.UTF-8"), ("LC_ALL", "tr_TR.UTF-8")])),
    ("one job", |_, around, _| {
        around.jobs = 1;
        Ok(None)
    }),
    ("another user", another_user),
    ("two years later", two_years_later),
    ("inputs from a folder of files by digest, empty cache of inputs", cold_inputs),
    (
        "nothing cached: everything compiled again, elsewhere, in another zone and with another umask",
        nothing_cached,
    ),
];

/// Folders that the variations share.
struct Folders {
    scratch: PathBuf,
    faketime: Option<PathBuf>,
}

/// Builds once plainly and once per variation, and compares digests.
///
/// # Errors
/// When the copy of the tree cannot be made.
pub(super) fn run(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("repro");
    let sdk = context.sdk()?;
    let expected = sha256_of_file(&sdk.tarball)?;
    let scratch = context.scratch("repro")?;
    let checkout = scratch.join("checkout");
    copy_checkout(&context.paths.root, &checkout)?;
    let folders = Folders {
        faketime: step::faketime_library(context.paths, context.offline, context.jobs).ok(),
        scratch,
    };
    for (name, change) in VARIATIONS {
        report.case_or_skip(*name, || {
            let folder = folders.scratch.join("variation");
            tree::empty(&folder)?;
            let mut around = Surroundings::plain(context, &folder, &checkout, &context.paths.cache);
            if let Some(reason) = change(context, &mut around, &folders)? {
                return Ok(Outcome::Skipped(reason));
            }
            around.build_sdk()?.run(&context.log(&format!("repro {name}")))?;
            let made = tarball(&around.build)?;
            let digest = sha256_of_file(&made)?;
            if digest != expected {
                let kept = folders.scratch.join("different.tar.gz");
                std::fs::copy(&made, &kept).with_context(|| format!("copying `{}`", made.display()))?;
                anyhow::bail!(
                    "other bytes: `{}` has {expected}, `{}` has {digest}",
                    sdk.tarball.display(),
                    kept.display()
                );
            }
            Ok(Outcome::Passed)
        });
    }
    tree::empty(&folders.scratch.join("variation"))?;
    Ok(report)
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
    around.starter = ["sh", "-c", "umask 077; exec \"$@\"", "sh"].map(str::to_owned).to_vec();
    Ok(None)
}

/// Needs root to become somebody else; the cache is copied, since it belongs to the first user.
fn another_user(
    context: &SuiteContext<'_>,
    around: &mut Surroundings,
    folders: &Folders,
) -> anyhow::Result<Option<String>> {
    if !context.full {
        return Ok(Some(
            "the part `rust` asks rustc, which cannot run in these surroundings yet; `--full` tries".into(),
        ));
    }
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
    around.cache = home.join("cache");
    copy_cache(context, &around.cache)?;
    around.checkout = home.join("checkout");
    copy_checkout(&context.paths.root, &around.checkout)?;
    around.environment.push(("HOME", home.display().to_string()));
    Program::new("chown").args(["-R", NOBODY]).arg(&home).run(&context.log("repro-chown"))?;
    around.starter =
        ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"].map(str::to_owned).to_vec();
    Ok(None)
}

fn copy_cache(context: &SuiteContext<'_>, to: &Path) -> anyhow::Result<()> {
    tree::create(to)?;
    Program::new("cp")
        .arg("-a")
        .arg(context.paths.cache.join("."))
        .arg(to)
        .run(&context.log("repro-copy-cache"))
}

fn two_years_later(
    context: &SuiteContext<'_>,
    around: &mut Surroundings,
    folders: &Folders,
) -> anyhow::Result<Option<String>> {
    if !context.full {
        return Ok(Some(
            "the part `rust` asks rustc, which cannot run in these surroundings yet; `--full` tries".into(),
        ));
    }
    let Some(library) = &folders.faketime else {
        return Ok(Some("libfaketime is neither in the cache nor to be had".into()));
    };
    set(
        around,
        &[
            ("LD_PRELOAD", &library.display().to_string()),
            ("FAKETIME", "+2y"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ],
    )
}

fn cold_inputs(
    context: &SuiteContext<'_>,
    around: &mut Surroundings,
    folders: &Folders,
) -> anyhow::Result<Option<String>> {
    around.cache = folders.scratch.join("variation/cache");
    copy_cache(context, &around.cache)?;
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
