//! The three things a maintainer does with a fork: apply, export, update; knows nothing of the command line or of the
//! manifest's form.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Serialize;
use xshell::Shell;

use super::apply;
use super::checkout::{Checkout, Origin, State};
use super::export::{self, Export, Exported};
use super::folder::Series;
use super::fork::Fork;
use super::git::Git;
use super::patch::Patch;
use super::preimages::{self, Preimages, Sysroot};
use super::report::Report;
use super::subset;
use super::upstream::{Fetched, Pin, PinTable, Upstream};
use crate::hint::Hint;

/// Everything the three need, besides the pin.
#[derive(Clone, Copy)]
pub struct Rebase<'a> {
    /// Starts processes.
    pub sh: &'a Shell,
    /// The fork.
    pub fork: &'a Fork,
    /// Folder of the checkout; usually `target/warpgrid/src/<fork>`.
    pub checkout: &'a Path,
    /// The cache shared by clones.
    pub cache: &'a Path,
    /// A local clone that is asked instead of upstream's address.
    pub from: Option<&'a Path>,
    /// Whether work in the checkout that is not exported may go.
    pub discard: bool,
}

/// Result of [`Rebase::export`].
#[derive(Debug, Clone, Serialize)]
pub struct ExportReport {
    /// Name of the fork.
    pub fork: String,
    /// The folder of patches.
    pub folder: PathBuf,
    /// What changed in it.
    #[serde(flatten)]
    pub exported: Exported,
    /// Files whose blob ids were kept rather than computed, because upstream's file is not here.
    pub reconstructed: Vec<String>,
    /// The pin that was written: only when an update was resolved by hand.
    pub pin: Option<Pin>,
}

impl Rebase<'_> {
    /// Makes the checkout: the patches of `features` (all when empty) as commits on the pin, or on `onto`, a tag,
    /// branch or commit of the same upstream.
    ///
    /// # Errors
    /// When the base cannot be fetched, the checkout holds unexported work, or the features are not complete.
    /// A conflict is a result.
    pub fn apply(&self, pin: &Pin, onto: Option<&str>, features: &[String]) -> anyhow::Result<Report> {
        let upstream = self.upstream(pin);
        let Some(revision) = onto else {
            let base = upstream.pinned(pin)?;
            return self.on(&base, Some(&base), &pin.revision, Origin::Pin, features);
        };
        let base = upstream.current(revision)?;
        self.on(&base, upstream.pinned(pin).ok().as_ref(), revision, Origin::Onto, features)
    }

    /// Makes the checkout on a base of the patches' own pre-images, without upstream: [`preimages`] says what that
    /// shows and what it does not.
    ///
    /// # Errors
    /// When patches contradict each other or the sysroot, or the checkout holds unexported work.
    pub fn apply_to_preimages(
        &self,
        sysroot: Option<Sysroot<'_>>,
        features: &[String],
    ) -> anyhow::Result<Report> {
        let series = self.fork.series()?;
        let patches = chosen(&series, features)?;
        let preimages = preimages::collect(&series, &self.fork.path_map()?, sysroot)?;
        let revision = match sysroot {
            Some(sysroot) => format!("the files it changes, headers from `{}`", sysroot.root.display()),
            None => "the files it changes, as the patches show them".to_owned(),
        };
        let origin = Origin::Preimages { reconstructed: preimages.reconstructed.clone() };
        let mut state = self.state(&revision, String::new(), origin, features);
        let checkout = self.checkout();
        checkout.renew(&state, self.discard)?;
        state.base = commit_preimages(&checkout.git, &preimages)?;
        self.run_series(&checkout, &series, &patches, state)
    }

    /// Writes the commits of the checkout back to `patches/`, and the pin when the checkout is an update that was
    /// resolved by hand. Without a checkout, one is made first: from the cached clone, else from pre-images.
    ///
    /// # Errors
    /// When the checkout is not ready, see [`export::export`]; then nothing is written.
    pub fn export(
        &self,
        pins: &mut dyn PinTable,
        sysroot: Option<Sysroot<'_>>,
    ) -> anyhow::Result<ExportReport> {
        let checkout = self.checkout();
        let state = match checkout.state()? {
            Some(state) => state,
            None => self.make_for_export(pins, sysroot)?,
        };
        self.check_base(&checkout, &state, pins)?;
        let export = export::export(self.fork, &checkout, &state)?;
        self.write(&checkout, state, &export, pins)
    }

    /// Puts the series onto `revision`. When every patch applies, the patches are exported and the pin is written;
    /// else nothing is, and the checkout waits for the developer.
    ///
    /// # Errors
    /// When something cannot be fetched or written, or the checkout holds unexported work. A conflict is a result.
    pub fn update(&self, pins: &mut dyn PinTable, revision: &str) -> anyhow::Result<Report> {
        let pin = pins.pin(&self.fork.name)?;
        let upstream = self.upstream(&pin);
        let new = upstream.current(revision)?;
        // The old base lets git merge three ways. Without it patches still apply where nothing changed near them.
        let old = upstream.pinned(&pin).ok();
        let mut report = self.on(&new, old.as_ref(), revision, Origin::Update, &[])?;
        if report.is_clean() {
            let checkout = self.checkout();
            let state = checkout.state()?.context("the checkout has no record")?;
            let export = export::export(self.fork, &checkout, &state)?;
            report.pin = self.write(&checkout, state, &export, pins)?.pin;
        }
        Ok(report)
    }

    fn checkout(&self) -> Checkout<'_> {
        Checkout::at(self.sh, self.checkout)
    }

    fn upstream<'b>(&'b self, pin: &'b Pin) -> Upstream<'b> {
        Upstream::new(self.sh, self.cache, &self.fork.name, &pin.url, self.from)
    }

    /// Makes the checkout on a fetched base; `old` is the base the patches were made for.
    fn on(
        &self,
        base: &Fetched,
        old: Option<&Fetched>,
        revision: &str,
        origin: Origin,
        features: &[String],
    ) -> anyhow::Result<Report> {
        let series = self.fork.series()?;
        let patches = chosen(&series, features)?;
        let state = self.state(revision, base.commit.clone(), origin, features);
        let checkout = self.checkout();
        checkout.renew(&state, self.discard)?;
        checkout.take(base)?;
        let whole = features.is_empty() && old.is_none_or(|old| old.commit == base.commit);
        if let Some(old) = old.filter(|_| !whole) {
            checkout.take(old)?;
            self.remember_blobs(&checkout, &series, &old.commit)?;
        }
        self.run_series(&checkout, &series, &patches, state)
    }

    fn state(&self, revision: &str, base: String, origin: Origin, features: &[String]) -> State {
        let (fork, revision, features) = (self.fork.name.clone(), revision.to_owned(), features.to_vec());
        State { fork, revision, base, origin, features, tip: None }
    }

    /// Applies the whole series to the base it was made for, and leaves it again. A later patch names blobs that an
    /// earlier one made there; with them in the repository git can merge three ways wherever the patch goes next.
    fn remember_blobs(&self, checkout: &Checkout<'_>, series: &Series, old: &str) -> anyhow::Result<()> {
        checkout.start(old)?;
        let patches: Vec<&Patch> = series.patches.iter().collect();
        let applied = apply::apply(checkout, series, &patches)?;
        if applied.conflict.is_some() && checkout.is_applying() {
            checkout.git.run(&["am", "--abort"])?;
        }
        Ok(())
    }

    fn run_series(
        &self,
        checkout: &Checkout<'_>,
        series: &Series,
        patches: &[&Patch],
        mut state: State,
    ) -> anyhow::Result<Report> {
        checkout.record(&state)?;
        checkout.start(&state.base)?;
        let applied = apply::apply(checkout, series, patches)?;
        if applied.is_clean() {
            state.tip = Some(checkout.head()?);
            checkout.record(&state)?;
        }
        Ok(Report {
            fork: state.fork,
            revision: state.revision,
            base: state.base,
            applied: applied.applied,
            already_upstream: applied.already_upstream,
            conflict: applied.conflict,
            untried: applied.untried,
            checkout: checkout.folder().to_owned(),
            reconstructed: state.origin.reconstructed().to_vec(),
            pin: None,
        })
    }

    /// Patches belong to one fork and one base: those of another would be written without a word otherwise.
    fn check_base(&self, checkout: &Checkout<'_>, state: &State, pins: &dyn PinTable) -> anyhow::Result<()> {
        let (folder, name) = (checkout.folder().display(), &self.fork.name);
        if state.fork != *name {
            bail!("`{folder}` is a checkout of `{}`, not of `{name}`", state.fork);
        }
        if state.origin == Origin::Pin {
            let pin = pins.pin(name)?;
            if pin.commit != state.base {
                let message = format!("`{folder}` is based on {}, but the pin is {}", state.base, pin.commit);
                let hint = "rebase the commits there by hand, or start over with `--apply --discard`";
                return Err(Hint::new(message, hint).into());
            }
        }
        Ok(())
    }

    fn make_for_export(&self, pins: &dyn PinTable, sysroot: Option<Sysroot<'_>>) -> anyhow::Result<State> {
        let report = match pins.pin(&self.fork.name) {
            Ok(pin) => match self.upstream(&pin).cached(&pin)? {
                Some(base) => self.on(&base, None, &pin.revision, Origin::Pin, &[])?,
                None => self.apply_to_preimages(sysroot, &[])?,
            },
            Err(_) => self.apply_to_preimages(sysroot, &[])?,
        };
        if !report.is_clean() {
            let message =
                format!("there was no checkout, and the series does not apply to make one\n{report}");
            bail!(Hint::new(message, format!("run `cargo xtask rebase {} --validate`", self.fork.name)));
        }
        self.checkout().state()?.context("the checkout has no record")
    }

    /// Patches, then the pin, then the record that nothing is left to export.
    fn write(
        &self,
        checkout: &Checkout<'_>,
        mut state: State,
        export: &Export,
        pins: &mut dyn PinTable,
    ) -> anyhow::Result<ExportReport> {
        let folder = self.fork.folder.join("patches");
        let exported = export.write(&folder)?;
        let mut pin = None;
        if state.origin == Origin::Update {
            let tree = checkout.git.text(&["rev-parse", &format!("{}^{{tree}}", state.base)])?;
            let old = pins.pin(&self.fork.name)?;
            let new = Pin {
                url: old.url,
                revision: state.revision.clone(),
                commit: state.base.clone(),
                tree: Some(tree),
            };
            pins.write(&self.fork.name, &new)?;
            state.origin = Origin::Pin;
            pin = Some(new);
        }
        state.tip = Some(checkout.head()?);
        checkout.record(&state)?;
        let reconstructed = state.origin.reconstructed().to_vec();
        Ok(ExportReport { fork: self.fork.name.clone(), folder, exported, reconstructed, pin })
    }
}

fn chosen<'s>(series: &'s Series, features: &[String]) -> anyhow::Result<Vec<&'s Patch>> {
    match features {
        [] => Ok(series.patches.iter().collect()),
        features => subset::subset(series, features),
    }
}

/// One commit with the pre-images, the same id wherever it is made.
fn commit_preimages(git: &Git<'_>, preimages: &Preimages) -> anyhow::Result<String> {
    let mut index = String::new();
    for (path, bytes) in &preimages.files {
        let id = git.text_with(&["hash-object", "-w", "--no-filters", "--stdin"], bytes)?;
        index += &format!("100644 {id}\t{path}\n");
    }
    git.text_with(&["update-index", "--add", "--index-info"], index.as_bytes())?;
    let tree = git.text(&["write-tree"])?;
    // The text of a commit object, so that no clock and no identity takes part.
    let person = "WarpGrid patch series <series@warpgrid.invalid> 0 +0000";
    let commit =
        format!("tree {tree}\nauthor {person}\ncommitter {person}\n\npre-images of the patch series\n");
    git.text_with(&["hash-object", "-t", "commit", "-w", "--stdin"], commit.as_bytes())
}
