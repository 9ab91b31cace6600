//! Ends builds at bad moments; the next run must finish and give the same bytes.
use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::SuiteContext;
use super::variation::{Surroundings, copy_checkout, tarball};
use crate::digest::sha256_of_file;
use crate::exec::{Program, RunningGroup};
use crate::report::{Outcome, SuiteReport};
use crate::{step, tree};

/// What a build is doing, and how that is seen in its folder.
type Doing = (&'static str, fn(&Path) -> bool);

/// What builds are doing when they are killed. Each of these lasts for seconds.
const KILLED_WHILE: &[Doing] = &[
    ("unpacking packages", |build| build.join("build/llvm-packages.partial/usr").is_dir()),
    ("laying out the toolchain", |build| build.join("parts/toolchain.partial/bin").is_dir()),
    ("compiling a sysroot", |build| build.join("parts/sysroot-wasm32-wasip2-warpgrid.partial").is_dir()),
    ("writing the archive", |build| unfinished_archive(build) > 1 << 20),
];

/// Kills at random moments, with `--full` only.
const RANDOM_KILLS: usize = 200;

/// No single build may take longer; a build that hangs is a failure.
const LONGEST_BUILD: Duration = Duration::from_secs(600);

/// Disks that are too small, in MiB, and the steps that they are too small for.
const SMALL_DISKS: &[(u64, &str)] = &[(40, "fetch toolchain"), (200, "stage toolchain")];
/// What a disk has besides the parts when it is too small for the archive alone, in MiB.
const LESS_THAN_AN_ARCHIVE: u64 = 48;

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

    report.case(format!("kill -9 at {} points of a build", KILLED_WHILE.len()), || {
        kill_at_points(context, &scratch.join("points"), &around, &expected)
    });
    if context.full {
        report.case(format!("{RANDOM_KILLS} times kill -9"), || {
            kill_often(context, &scratch.join("kill"), &around, &expected)
        });
    }
    report.case("two builds at once in one folder", || {
        two_at_once(context, &scratch.join("two"), &around, &expected)
    });
    report.case_or_skip("disks too small to fetch, to unpack and to pack", || {
        small_disks(context, &scratch.join("disk"), &around, &expected)
    });
    Ok(report)
}

type Around<'a> = dyn Fn(&Path) -> anyhow::Result<Surroundings> + 'a;

/// Kills one build after the other, each a step later; each starts from what the last one left.
fn kill_at_points(
    context: &SuiteContext<'_>,
    folder: &Path,
    around: &Around<'_>,
    expected: &str,
) -> anyhow::Result<()> {
    tree::empty(folder)?;
    let log = context.log("robustness-points");
    for (doing, is_there) in KILLED_WHILE {
        let surroundings = around(folder)?;
        let mut build = surroundings.build_sdk()?.spawn_group(&log)?;
        let start = Instant::now();
        while !is_there(&surroundings.build) {
            if let Some(code) = build.wait_at_most(Duration::from_millis(5))? {
                let text = std::fs::read_to_string(&log).unwrap_or_default();
                bail!("the build ended with {code} before it was seen {doing}:\n{text}");
            }
            if start.elapsed() > LONGEST_BUILD {
                build.kill()?;
                bail!("the build was not seen {doing} within {LONGEST_BUILD:?}");
            }
        }
        build.kill()?;
        no_half_tarball(&surroundings.build)?;
    }
    finish(context, &around(folder)?, expected)
}

/// Length of the archive that is being written.
fn unfinished_archive(build: &Path) -> u64 {
    let found = tree::entries(&build.join("dist")).unwrap_or_default();
    found.iter().filter_map(|path| Some(path.metadata().ok()?.len())).sum()
}

/// Starts builds from nothing and from whatever the last kill left, and kills each after a part of a build's time.
fn kill_often(
    context: &SuiteContext<'_>,
    folder: &Path,
    around: &Around<'_>,
    expected: &str,
) -> anyhow::Result<()> {
    tree::empty(folder)?;
    let log = context.log("robustness-kill");
    let start = Instant::now();
    finish(context, &around(folder)?, expected).context("an undisturbed build")?;
    let whole = start.elapsed();
    let mut seed: u64 = 0x5eed_0001;
    let mut killed = 0;
    tree::empty(folder)?;
    while killed < RANDOM_KILLS {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let part = u32::try_from(seed >> 40).unwrap_or(0) % 1000;
        let wait = whole * part / 1000;
        let surroundings = around(folder)?;
        let mut build = surroundings.build_sdk()?.spawn_group(&log)?;
        match build.wait_at_most(wait)? {
            None => {
                build.kill()?;
                killed += 1;
                no_half_tarball(&surroundings.build)?;
                // Every third time the next build starts from what this one left, else from nothing.
                if killed % 3 == 0 {
                    finish(context, &surroundings, expected)
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
    finish(context, &around(folder)?, expected)
}

/// Builds to the end; the tarball must be the expected one.
fn finish(context: &SuiteContext<'_>, around: &Surroundings, expected: &str) -> anyhow::Result<()> {
    complete(context, &around.build_sdk()?)?;
    same_bytes(&around.build, expected)
}

fn complete(context: &SuiteContext<'_>, build: &Program) -> anyhow::Result<()> {
    let log = context.log("robustness-finish");
    let running = build.spawn_group(&log)?;
    match wait(running)? {
        0 => Ok(()),
        code => {
            bail!("the next build ended with {code}:\n{}", std::fs::read_to_string(&log).unwrap_or_default())
        }
    }
}

/// The exit code; a build that hangs is killed and is an error.
fn wait(mut build: RunningGroup) -> anyhow::Result<i32> {
    match build.wait_at_most(LONGEST_BUILD)? {
        Some(code) => Ok(code),
        None => {
            build.kill()?;
            bail!("a build did not end within {LONGEST_BUILD:?}")
        }
    }
}

fn same_bytes(build: &Path, expected: &str) -> anyhow::Result<()> {
    let made = tarball(build)?;
    let digest = sha256_of_file(&made)?;
    anyhow::ensure!(
        digest == expected,
        "other bytes: expected {expected}, `{}` has {digest}",
        made.display()
    );
    Ok(())
}

/// A tarball under its final name must be whole, whenever the build ended: its checksum lies beside it.
fn no_half_tarball(build: &Path) -> anyhow::Result<()> {
    let dist = build.join("dist");
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

/// Two builds in one folder, and one elsewhere with the same cache. Both need everything of the cache, so the third is
/// not packed.
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
    for (name, program) in [
        ("first", first.build_sdk()?),
        ("same folder", first.build_sdk()?),
        ("same cache", second.build_parts()?),
    ] {
        let log = context.log(&format!("robustness-two-{name}"));
        builds.push((name, log.clone(), program.spawn_group(&log)?));
    }
    for (name, log, build) in builds {
        let code = wait(build).with_context(|| format!("the build `{name}`"))?;
        let text = || std::fs::read_to_string(&log).unwrap_or_default();
        anyhow::ensure!(code == 0, "the build `{name}` ended with {code}:\n{}", text());
    }
    same_bytes(&first.build, expected)?;
    same_parts(&first.build.join("parts"), &second.build.join("parts"))
}

fn same_parts(one: &Path, other: &Path) -> anyhow::Result<()> {
    let names = |folder: &Path| -> anyhow::Result<Vec<_>> {
        let files = tree::files(folder)?;
        Ok(files.iter().map(|file| file.strip_prefix(folder).unwrap_or(file).to_owned()).collect())
    };
    let all = names(one)?;
    anyhow::ensure!(all == names(other)?, "`{}` and `{}` hold other files", one.display(), other.display());
    for name in all {
        let (one, other) = (one.join(&name), other.join(&name));
        // A link leads to a file that is compared itself.
        if !one.is_symlink() && sha256_of_file(&one)? != sha256_of_file(&other)? {
            bail!("`{}` and `{}` are not the same", one.display(), other.display());
        }
    }
    Ok(())
}

/// One build on one disk after the other, each from what the last one left: each must fail in its step and say so. In
/// the end there is room.
fn small_disks(
    context: &SuiteContext<'_>,
    folder: &Path,
    around: &Around<'_>,
    expected: &str,
) -> anyhow::Result<Outcome> {
    tree::empty(folder)?;
    let mut surroundings = around(folder)?;
    // What was compiled before stays outside, or the disk would be full of it.
    let kept = folder.join("kept");
    tree::create(&kept.join("cache"))?;
    symlink(surroundings.cache.join("built"), kept.join("cache/built"))
        .context("linking what was compiled")?;
    surroundings.cache = kept.join("cache");
    surroundings.build = kept.join("build");
    for (size, step) in SMALL_DISKS {
        if let Some(reason) = fill(context, &surroundings, &kept, *size, step)? {
            return Ok(Outcome::Skipped(reason));
        }
    }
    complete(context, &surroundings.build_parts()?)?;
    fill(context, &surroundings, &kept, size_of(&kept)? + LESS_THAN_AN_ARCHIVE, "pack")?;
    finish(context, &surroundings, expected)?;
    Ok(Outcome::Passed)
}

/// What a folder takes on a disk, in MiB: files with several names once, in blocks of 4 KiB.
fn size_of(folder: &Path) -> anyhow::Result<u64> {
    let mut blocks = BTreeMap::new();
    for path in tree::files(folder)? {
        let metadata = path.symlink_metadata().with_context(|| format!("looking at `{}`", path.display()))?;
        blocks.insert((metadata.dev(), metadata.ino()), metadata.len().div_ceil(4096));
    }
    Ok(blocks.values().sum::<u64>() / 256)
}

/// Runs a build with a file system of `size` MiB in the place of `kept`, which must become full in the step `step`.
/// Gives the reason when there cannot be such a file system here.
fn fill(
    context: &SuiteContext<'_>,
    surroundings: &Surroundings,
    kept: &Path,
    size: u64,
    step: &str,
) -> anyhow::Result<Option<String>> {
    // The mount lives in a namespace of its own: nothing is left behind, and root is not needed where user namespaces
    // are allowed. What was kept is copied in before and out after, so that the next run starts from it.
    let script = "kept=$1; aside=$1.aside; size=$2; shift 2
        mv \"$kept\" \"$aside\" && mkdir \"$kept\" && mount -t tmpfs -o size=\"$size\" tmpfs \"$kept\" || exit 77
        cp -a \"$aside/.\" \"$kept\" || exit 78
        \"$@\"; code=$?
        rm -rf \"$aside\" && cp -a \"$kept\" \"$aside\" || exit 78
        exit $code";
    let mut on_disk = surroundings.clone();
    on_disk.starter = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
        .map(str::to_owned)
        .into_iter()
        .chain([kept.display().to_string(), format!("{size}m")])
        .collect();
    let log = context.log(&format!("robustness-disk-{size}"));
    let code = wait(on_disk.build_sdk()?.spawn_group(&log)?)?;
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let mut aside = kept.as_os_str().to_owned();
    aside.push(".aside");
    if Path::new(&aside).is_dir() {
        tree::remove(kept)?;
        std::fs::rename(&aside, kept).with_context(|| format!("moving `{}`", Path::new(&aside).display()))?;
    }
    match code {
        // The first is `unshare`'s own when it may not.
        1 if text.starts_with("unshare:") => {
            return Ok(Some(format!("no private mount to be had here: {text}")));
        }
        77 => return Ok(Some(format!("no private mount to be had here: {text}"))),
        0 => bail!("the build fitted on a disk of {size} MiB: choose a smaller one"),
        _ => {}
    }
    let said = [format!("step `{step}` failed"), "No space left".to_owned()];
    for part in said {
        anyhow::ensure!(text.contains(&part), "on a disk of {size} MiB `{part}` was not said:\n{text}");
    }
    no_half_tarball(&surroundings.build)?;
    Ok(None)
}
