//! Measures builds: cold, with a warm cache, with nothing to do, after one change, and `verify`.
use std::path::Path;
use std::time::Instant;

use anyhow::Context;

use super::{Figures, first_guest};
use crate::step;
use crate::suite::{SuiteContext, Surroundings, copy_checkout, tarball};
use crate::{file, tree};

/// An overlay file, a comment is added to it.
const OVERLAY_FOLDER: &str = "forks/libc/overlay";

/// Runs everything and gives the record.
///
/// # Errors
/// When a build fails.
pub fn run(context: &SuiteContext<'_>, rounds: usize, skip_cold: bool) -> anyhow::Result<Figures> {
    let mut figures = Figures::new("build", &context.paths.root)?;
    let scratch = context.scratch("bench build")?;
    let checkout = scratch.join("checkout");
    copy_checkout(&context.paths.root, &checkout)?;
    let distfiles = scratch.join("distfiles");
    step::link_objects(&context.paths.cache.join("objects"), &distfiles)?;
    let mut first = Surroundings::plain(context, &scratch.join("first"), &checkout, &scratch.join("cache"));
    first.distfiles = Some(distfiles);
    // What the other builds are compared with.
    let (name, note) = if skip_cold {
        step::seed_built_cache(&context.paths.cache, &first.cache)?;
        (
            "unpacking",
            "unpacking: no input in the cache, programs compiled before; inputs from a folder by digest; once",
        )
    } else {
        ("cold", "cold: empty cache, every program compiled, inputs from a folder by digest; once")
    };
    let base = Base { name, seconds: timed_build(context, &first, name)? };
    figures.figure(&format!("{name}-seconds"), base.seconds);
    figures.notes.push(note.into());
    let warm = Surroundings::plain(context, &scratch.join("warm"), &checkout, &scratch.join("cache"));
    let mut pairs = Vec::new();
    for _ in 0..rounds.min(3) {
        tree::empty(&warm.build)?;
        let seconds = timed_build(context, &warm, "warm")?;
        pairs.push((seconds, base.seconds));
        figures.figure("warm-seconds", seconds);
    }
    figures.ratio(&format!("second clone with the shared cache / {name}"), &pairs);

    changes(context, &mut figures, &warm, rounds, &base)?;
    sizes_and_verify(context, &mut figures, &warm.build, rounds)?;
    first_guest::run(context, &mut figures, &scratch, rounds)?;
    Ok(figures)
}

/// The build that the others are compared with.
struct Base {
    name: &'static str,
    seconds: f64,
}

/// No change, one overlay file, one patch.
fn changes(
    context: &SuiteContext<'_>,
    figures: &mut Figures,
    warm: &Surroundings,
    rounds: usize,
    base: &Base,
) -> anyhow::Result<()> {
    let mut nothing = Vec::new();
    let mut overlay = Vec::new();
    let mut patch = Vec::new();
    let overlay_file = first_file(&warm.checkout.join(OVERLAY_FOLDER), "c")?;
    let patch_file = first_file(&warm.checkout.join("forks/libc/patches"), "patch")?;
    for round in 0..rounds {
        let seconds = timed_build(context, warm, "no-op")?;
        nothing.push((seconds, base.seconds));
        figures.figure("no-op-seconds", seconds);
        let text = read(&overlay_file)?;
        file::replace(&overlay_file, format!("{text}/* round {round} */\n").as_bytes())?;
        let seconds = timed_build(context, warm, "overlay")?;
        overlay.push((seconds, base.seconds));
        figures.figure("one-overlay-file-seconds", seconds);
        let text = read(&patch_file)?;
        let changed = text.replacen("\n---\n", &format!("\nRound: {round}\n---\n"), 1);
        anyhow::ensure!(changed != text, "`{}` has no line `---`", patch_file.display());
        file::replace(&patch_file, changed.as_bytes())?;
        let seconds = timed_build(context, warm, "patch")?;
        patch.push((seconds, base.seconds));
        figures.figure("one-patch-seconds", seconds);
    }
    figures.ratio(&format!("no-op / {}", base.name), &nothing);
    figures.ratio(&format!("one overlay file / {}", base.name), &overlay);
    figures.ratio(&format!("one patch / {}", base.name), &patch);
    Ok(())
}

fn sizes_and_verify(
    context: &SuiteContext<'_>,
    figures: &mut Figures,
    build: &Path,
    rounds: usize,
) -> anyhow::Result<()> {
    let tarball = tarball(build)?;
    #[expect(clippy::cast_precision_loss, reason = "sizes below 2^52")]
    figures.figure(
        "tarball-bytes",
        std::fs::metadata(&tarball).with_context(|| format!("looking at `{}`", tarball.display()))?.len()
            as f64,
    );
    for _ in 0..rounds {
        let start = Instant::now();
        crate::exec::Program::new(&context.driver)
            .arg("verify")
            .arg(&tarball)
            .current_dir(&context.paths.root)
            .run(&context.log("bench-verify"))?;
        figures.figure("verify-seconds", start.elapsed().as_secs_f64());
    }
    Ok(())
}

fn timed_build(context: &SuiteContext<'_>, around: &Surroundings, name: &str) -> anyhow::Result<f64> {
    let program = around.build_sdk()?;
    let start = Instant::now();
    program.run(&context.log(&format!("bench-{name}")))?;
    Ok(start.elapsed().as_secs_f64())
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))
}

fn first_file(folder: &Path, extension: &str) -> anyhow::Result<std::path::PathBuf> {
    tree::files(folder)?
        .into_iter()
        .find(|file| file.extension().is_some_and(|found| found == extension))
        .with_context(|| format!("no `.{extension}` file in `{}`", folder.display()))
}
