//! Ends builds at bad moments; the next run must finish and give the same bytes.
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::SuiteContext;
use super::variation::{Surroundings, copy_checkout, tarball};
use crate::digest::sha256_of_file;
use crate::exec::Program;
use crate::report::{Outcome, SuiteReport};
use crate::{step, tree};

/// Kills of `ci`, and of `ci --full`.
const KILLS: usize = 8;
const KILLS_FULL: usize = 200;

/// No single build may take longer; a build that hangs is a failure.
const LONGEST_BUILD: Duration = Duration::from_secs(600);

/// Sizes of a small disk at which the build must fail with a message, in MiB: during fetch, staging and packing.
const SMALL_DISKS: &[u32] = &[40, 200, 600];

/// Kills, small disks, and two builds at once.
///
/// # Errors
/// When the copy of the tree cannot be made.
pub(super) fn run(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("robustness");
    let scratch = context.scratch("robustness")?;
    let checkout = scratch.join("checkout");
    copy_checkout(&context.paths.root, &checkout)?;
    let distfiles = scratch.join("distfiles");
    step::link_objects(&context.paths.cache.join("objects"), &distfiles)?;
    let expected = sha256_of_file(&context.sdk()?.tarball)?;
    let around = |folder: &Path| -> anyhow::Result<Surroundings> {
        let cache = folder.join("cache");
        step::seed_built_cache(&context.paths.cache, &cache)?;
        let mut around = Surroundings::plain(context, folder, &checkout, &cache);
        around.distfiles = Some(distfiles.clone());
        Ok(around)
    };

    let kills = if context.full { KILLS_FULL } else { KILLS };
    report.case(format!("{kills} times kill -9"), || {
        kill_often(context, kills, &scratch.join("kill"), &around, &expected)
    });
    report.case("two builds at once in one folder", || {
        two_at_once(context, &scratch.join("two"), &around, &expected)
    });
    for size in SMALL_DISKS {
        report.case_or_skip(format!("a disk of {size} MiB"), || {
            small_disk(context, *size, &scratch.join("disk"), &around, &expected)
        });
    }
    Ok(report)
}

type Around<'a> = dyn Fn(&Path) -> anyhow::Result<Surroundings> + 'a;

/// Starts builds from nothing and from whatever the last kill left, and kills each after a part of a build's time.
fn kill_often(
    context: &SuiteContext<'_>,
    kills: usize,
    folder: &Path,
    around: &Around<'_>,
    expected: &str,
) -> anyhow::Result<()> {
    tree::empty(folder)?;
    let log = context.log("robustness-kill");
    let start = Instant::now();
    around(folder)?.build_sdk()?.run(&log)?;
    let whole = start.elapsed();
    same_bytes(folder, expected).context("an undisturbed build")?;
    let mut seed: u64 = 0x5eed_0001;
    let mut killed = 0;
    tree::empty(folder)?;
    while killed < kills {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let part = u32::try_from(seed >> 40).unwrap_or(0) % 1000;
        let wait = whole * part / 1000;
        let mut build = around(folder)?.build_sdk()?.spawn_group(&log)?;
        match build.wait_at_most(wait)? {
            None => {
                build.kill()?;
                killed += 1;
                no_half_tarball(folder)?;
                // Every third time the next build starts from what this one left, else from nothing.
                if killed % 3 == 0 {
                    finish(context, folder, around, expected)
                        .with_context(|| format!("after kill {killed} at {wait:?} of {whole:?}"))?;
                    tree::empty(folder)?;
                }
            }
            Some(0) => tree::empty(folder)?,
            Some(code) => {
                let text = std::fs::read_to_string(&log).unwrap_or_default();
                bail!("a build after kill {killed} ended with {code}:\n{text}");
            }
        }
    }
    finish(context, folder, around, expected)
}

fn finish(
    context: &SuiteContext<'_>,
    folder: &Path,
    around: &Around<'_>,
    expected: &str,
) -> anyhow::Result<()> {
    let log = context.log("robustness-finish");
    let mut build = around(folder)?.build_sdk()?.spawn_group(&log)?;
    match build.wait_at_most(LONGEST_BUILD)? {
        Some(0) => same_bytes(folder, expected),
        Some(code) => {
            bail!("the next build ended with {code}:\n{}", std::fs::read_to_string(&log).unwrap_or_default())
        }
        None => {
            build.kill()?;
            bail!("the next build did not end within {LONGEST_BUILD:?}")
        }
    }
}

fn same_bytes(folder: &Path, expected: &str) -> anyhow::Result<()> {
    let made = tarball(&folder.join("build"))?;
    let digest = sha256_of_file(&made)?;
    anyhow::ensure!(
        digest == expected,
        "other bytes: expected {expected}, `{}` has {digest}",
        made.display()
    );
    Ok(())
}

/// A tarball under its final name must be whole, whenever the build ended: its checksum lies beside it.
fn no_half_tarball(folder: &Path) -> anyhow::Result<()> {
    let dist = folder.join("build/dist");
    if !dist.is_dir() {
        return Ok(());
    }
    for file in tree::files(&dist)? {
        let name = file.to_string_lossy().into_owned();
        if name.ends_with(".tar.gz") {
            let status = Program::new("gzip").arg("--test").arg(&file).output()?;
            anyhow::ensure!(status.code == Some(0), "half a tarball at `{name}`: {}", status.describe());
        }
    }
    Ok(())
}

fn two_at_once(
    context: &SuiteContext<'_>,
    folder: &Path,
    around: &Around<'_>,
    expected: &str,
) -> anyhow::Result<()> {
    tree::empty(folder)?;
    let first = around(folder)?;
    let mut second = around(folder)?;
    second.build = folder.join("other-build");
    let mut builds = Vec::new();
    for (name, surroundings) in [("first", &first), ("same folder", &first), ("same cache", &second)] {
        let log = context.log(&format!("robustness-two-{name}"));
        builds.push((name, log.clone(), surroundings.build_sdk()?.spawn_group(&log)?));
    }
    for (name, log, mut build) in builds {
        let code = build.wait_at_most(LONGEST_BUILD)?;
        let text = || std::fs::read_to_string(&log).unwrap_or_default();
        anyhow::ensure!(code == Some(0), "the build `{name}` ended with {code:?}:\n{}", text());
    }
    same_bytes(folder, expected)?;
    let other = sha256_of_file(&tarball(&second.build)?)?;
    anyhow::ensure!(other == expected, "the build with the same cache gave other bytes");
    Ok(())
}

/// Runs a build on a file system of `size` MiB: it must fail and say so, and finish when there is room.
fn small_disk(
    context: &SuiteContext<'_>,
    size: u32,
    folder: &Path,
    around: &Around<'_>,
    expected: &str,
) -> anyhow::Result<Outcome> {
    tree::empty(folder)?;
    let disk = folder.join("disk");
    tree::empty(&disk)?;
    let mut surroundings = around(folder)?;
    surroundings.cache = disk.join("cache");
    surroundings.build = disk.join("build");
    let keep = folder.join("kept");
    // The mount lives in a namespace of its own: nothing is left behind, and root is not needed where
    // user namespaces are allowed. What was written is copied out, so that the next run starts from it.
    let script = "mount -t tmpfs -o size=\"$1\" tmpfs \"$2\" || exit 77; kept=\"$3\"; disk=\"$2\"; shift 3; \
                  \"$@\"; code=$?; cp -a \"$disk/.\" \"$kept\"; exit $code";
    tree::empty(&keep)?;
    surroundings.starter = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("{size}m"), disk.display().to_string(), keep.display().to_string()])
        .collect();
    let log = context.log(&format!("robustness-disk-{size}"));
    let mut build = surroundings.build_sdk()?.spawn_group(&log)?;
    let code = build.wait_at_most(LONGEST_BUILD)?;
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    match code {
        Some(77) | None => return Ok(Outcome::Skipped(format!("no private mount to be had here: {text}"))),
        Some(0) => bail!("the build fitted on a disk of {size} MiB: choose a smaller one"),
        Some(_) => {
            anyhow::ensure!(text.contains("No space left"), "the message does not say what is wrong:\n{text}")
        }
    }
    std::fs::rename(keep.join("build"), folder.join("build"))
        .or_else(ignore_missing)
        .with_context(|| format!("moving what the build left in `{}`", keep.display()))?;
    step::merge_cache(&keep.join("cache"), &folder.join("cache"))?;
    no_half_tarball(folder)?;
    finish(context, folder, around, expected)?;
    Ok(Outcome::Passed)
}

fn ignore_missing(error: std::io::Error) -> std::io::Result<()> {
    if error.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
