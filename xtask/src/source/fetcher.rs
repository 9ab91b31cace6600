//! Gets inputs into the cache: what is at hand first, then source after source, in rounds of parallel downloads.
//! Knows no ecosystem; each kind is asked through the file of its name.
//!
//! A round takes the next untried source of every input that is not complete. Debian packages of all inputs of a round
//! go through one call of apt; every other source is one piece of work. A source that does not answer is noted and its
//! input takes part in the next round; anything else that goes wrong ends the run.
use std::path::PathBuf;

use super::fetched::{FetchOptions, FetchedArtifact, FetchedInput, Request};
use super::progress::Progress;
use super::{archive, debian, distfiles, git, golang, npm, pypi, rust_crate};
use crate::cache::{Cache, Expected, WrongBytes};
use crate::hint::Hint;
use crate::manifest::{Input, Kind, Manifest, Pin, Pinned, Source};
use crate::parallel::in_parallel;

/// What the system and the clients say when there is no room.
const DISK_FULL: [&str; 2] = ["No space left on device", "Disk quota exceeded"];

/// Names of files that a hint repeats.
const NAMED_FILES: usize = 3;

/// Why a source gave nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// It did not answer, or does not have the pinned version: the next source may.
    Unavailable(anyhow::Error),
    /// It answered with something else than what is pinned, or this machine failed: the run ends.
    Fatal(anyhow::Error),
}

/// Errors of this machine end the run, unless a source says otherwise.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Fatal(error)
    }
}

/// What every kind works with.
pub(super) struct FetchContext<'a> {
    pub(super) cache: &'a Cache,
    pub(super) options: &'a FetchOptions,
    pub(super) progress: &'a Progress,
}

/// A file that is wanted: the fields of its pin.
#[derive(Debug, Clone, Copy)]
pub(super) struct WantedFile<'a> {
    pub(super) input: &'a str,
    pub(super) kind: Kind,
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) file: &'a str,
    pub(super) sha256: &'a str,
    pub(super) size: Option<u64>,
}

impl<'a> WantedFile<'a> {
    /// The bytes that are wanted.
    pub(super) fn expected(&self) -> Expected<'a> {
        Expected { input: self.input, file: self.file, sha256: self.sha256 }
    }

    /// Who gives them, for messages.
    pub(super) fn origin(&self) -> String {
        format!("source `{}`", self.kind)
    }

    /// The file that a pin names; `None` for a commit.
    pub(super) fn of(pin: &'a Pin) -> Option<Self> {
        let Pinned::File { file, sha256, size } = &pin.pinned else { return None };
        let (input, kind, name, version) = (&pin.input, pin.kind, &pin.name, &pin.version);
        Some(Self { input, kind, name, version, file, sha256, size: *size })
    }
}

/// Fetches inputs into one cache.
#[derive(Debug)]
pub struct Fetcher {
    cache: Cache,
    options: FetchOptions,
    progress: Progress,
}

/// One wanted input on its way through its sources.
struct Search<'a> {
    input: &'a Input,
    sources: Vec<&'a Source>,
    next: usize,
    tried: Vec<String>,
    hint: Option<String>,
    found: Option<FetchedInput>,
}

impl Fetcher {
    /// Opens the cache.
    ///
    /// # Errors
    /// When the cache cannot be made.
    pub fn new(options: FetchOptions) -> anyhow::Result<Self> {
        let cache = Cache::open(&options.cache)?;
        let progress = Progress::new(options.progress);
        Ok(Self { cache, options, progress })
    }

    /// The cache that everything lands in.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.cache
    }

    pub(super) fn context(&self) -> FetchContext<'_> {
        FetchContext { cache: &self.cache, options: &self.options, progress: &self.progress }
    }

    /// Gets all inputs that `requests` name, each from the first of its sources that is at hand or answers.
    /// Starts no client and no connection when everything is at hand.
    ///
    /// # Errors
    /// When an input is unknown, no source of it answers, a source answers with other bytes than pinned, or the
    /// cache is corrupted or cannot be written.
    pub fn fetch<R: Clone + Into<Request>>(
        &self,
        manifest: &Manifest,
        requests: &[R],
    ) -> anyhow::Result<Vec<FetchedInput>> {
        let mut searches = Vec::new();
        for request in requests {
            searches.push(begin(manifest, &request.clone().into())?);
        }
        self.run(manifest, &mut searches).map_err(|error| self.explain(error))?;
        Ok(searches.into_iter().filter_map(|search| search.found).collect())
    }

    fn run(&self, manifest: &Manifest, searches: &mut [Search<'_>]) -> anyhow::Result<()> {
        let at_hand = in_parallel(self.options.jobs, searches, |search| self.at_hand(manifest, search));
        for (search, found) in searches.iter_mut().zip(at_hand) {
            search.found = found?;
        }
        while searches.iter().any(|search| search.found.is_none()) {
            self.round(manifest, searches)?;
        }
        Ok(())
    }

    /// Adds the next step to an error that has none.
    fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        let text = format!("{error:#}");
        if DISK_FULL.iter().any(|sign| text.contains(sign)) {
            let hint = format!(
                "make room on the disk of `{}`, or set `WARPGRID_CACHE` to another folder, and run the command again",
                self.cache.root().display()
            );
            return Hint::new(text, hint).into();
        }
        match error.downcast_ref::<WrongBytes>() {
            Some(wrong) => {
                let hint = format!(
                    "find out why before anything else; if the new bytes are wanted, run `cargo xtask pin {}`",
                    wrong.input
                );
                Hint::new(text, hint).into()
            }
            None => error,
        }
    }

    /// The input, when one of its sources is complete in the cache and the digest folder.
    fn at_hand(&self, manifest: &Manifest, search: &Search<'_>) -> anyhow::Result<Option<FetchedInput>> {
        for source in &search.sources {
            let pins = manifest.pins_of(search.input, source);
            if let Some(found) = self.collect(search.input, source, &pins)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// All artifacts of one source from the cache and the digest folder, or `None` when one is missing.
    fn collect(&self, input: &Input, source: &Source, pins: &[&Pin]) -> anyhow::Result<Option<FetchedInput>> {
        let mut artifacts = Vec::new();
        let mut complete = true;
        for pin in pins {
            match self.artifact_at_hand(source, pin)? {
                Some(artifact) => artifacts.push(artifact),
                None => complete = false,
            }
        }
        Ok((complete && !pins.is_empty()).then(|| FetchedInput {
            input: input.name.clone(),
            revision: input.revision.clone(),
            licence: input.licence.clone(),
            role: input.role,
            kind_used: source.kind(),
            artifacts,
            tried: Vec::new(),
        }))
    }

    fn artifact_at_hand(&self, source: &Source, pin: &Pin) -> anyhow::Result<Option<FetchedArtifact>> {
        let artifact =
            |file: &str, sha256: Option<&str>, commit: Option<&str>, path: PathBuf| FetchedArtifact {
                name: pin.name.clone(),
                version: pin.version.clone(),
                file: file.to_owned(),
                sha256: sha256.map(str::to_owned),
                commit: commit.map(str::to_owned),
                path,
            };
        match (&pin.pinned, source) {
            (Pinned::Commit { commit, tree, .. }, Source::Git { url, .. }) => {
                let found = git::at_hand(&self.cache, &pin.input, url, commit, tree.as_deref())?;
                Ok(found.map(|path| artifact(&pin.name, None, Some(commit), path)))
            }
            (Pinned::File { file, sha256, .. }, _) => {
                let expected = Expected { input: &pin.input, file, sha256 };
                if let Some(path) = self.cache.get(expected)? {
                    return Ok(Some(artifact(file, Some(sha256), None, path)));
                }
                let Some(folder) = &self.options.distfiles else { return Ok(None) };
                let Some(found) = distfiles::find(folder, file, sha256)? else { return Ok(None) };
                let path = self.cache.copy_in(expected, "the digest folder", &found)?;
                Ok(Some(artifact(file, Some(sha256), None, path)))
            }
            (Pinned::Commit { .. }, _) => Ok(None),
        }
    }

    fn round(&self, manifest: &Manifest, searches: &mut [Search<'_>]) -> anyhow::Result<()> {
        let mut singles: Vec<(usize, &Source, Vec<&Pin>)> = Vec::new();
        let mut packages: Vec<(usize, &Source, Vec<&Pin>)> = Vec::new();
        let searches_open =
            searches.iter().enumerate().filter(|(_, search)| search.found.is_none()).map(|(index, _)| index);
        for index in searches_open {
            let search = &searches[index];
            let Some(source) = search.sources.get(search.next).filter(|_| !self.options.offline) else {
                return Err(self.nothing_answers(manifest, search));
            };
            let pins = manifest.pins_of(search.input, source);
            let group = if source.kind() == Kind::Debian { &mut packages } else { &mut singles };
            group.push((index, source, pins));
        }

        // apt downloads by itself in parallel; it is one piece of work beside the others.
        let mut work = Vec::new();
        work.extend(singles.chunks(1));
        if !packages.is_empty() {
            work.push(packages.as_slice());
        }
        let results = in_parallel(self.options.jobs, &work, |group| match group {
            [(_, source, pins)] if source.kind() != Kind::Debian => vec![self.fetch_single(source, pins)],
            group => {
                let wanted: Vec<debian::Wanted<'_>> =
                    group.iter().map(|(_, source, pins)| debian::Wanted { source, pins }).collect();
                debian::fetch(&self.context(), &wanted)
            }
        });

        let order = work.iter().flat_map(|group| group.iter()).zip(results.into_iter().flatten());
        for ((index, source, pins), result) in order {
            let search = &mut searches[*index];
            search.next += 1;
            match result {
                Ok(()) => {
                    let mut found = self.collect(search.input, source, pins)?;
                    if let Some(found) = &mut found {
                        found.tried.clone_from(&search.tried);
                    }
                    search.found = found;
                }
                Err(Failure::Unavailable(error)) => {
                    if let Some(hint) = error.downcast_ref::<Hint>() {
                        search.hint = Some(hint.hint().to_owned());
                    }
                    search.tried.push(format!("{}: {error:#}", source.kind()));
                }
                Err(Failure::Fatal(error)) => return Err(error),
            }
        }
        Ok(())
    }

    fn fetch_single(&self, source: &Source, pins: &[&Pin]) -> Result<(), Failure> {
        let context = self.context();
        for pin in pins {
            match (source, &pin.pinned) {
                (Source::Git { url, reference }, Pinned::Commit { commit, tree, .. }) => {
                    git::fetch(&context, &pin.input, url, reference, commit, tree.as_deref())?;
                }
                _ => {
                    let Some(wanted) = WantedFile::of(pin) else { continue };
                    let _lock = self.cache.lock(&format!("object {}", wanted.sha256))?;
                    // Another process may have been faster.
                    if self.cache.get(wanted.expected())?.is_some() {
                        continue;
                    }
                    match source {
                        Source::Archive { url } => archive::fetch(&context, url, wanted)?,
                        _ => fetch_from_registry(&context, wanted)?,
                    }
                }
            }
        }
        Ok(())
    }

    fn nothing_answers(&self, manifest: &Manifest, search: &Search<'_>) -> anyhow::Error {
        let input = search.input;
        let missing: Vec<&str> = search
            .sources
            .iter()
            .flat_map(|source| manifest.pins_of(input, source))
            .filter_map(WantedFile::of)
            .map(|wanted| wanted.file)
            .collect();
        let missing = match missing.as_slice() {
            [] => "its files".to_owned(),
            few if few.len() <= NAMED_FILES => few.join(", "),
            many => format!("{} and {} more", many[..NAMED_FILES].join(", "), many.len() - NAMED_FILES),
        };
        if self.options.offline {
            return Hint::new(
                format!("input `{}` is neither in the cache nor in the digest folder", input.name),
                format!(
                    "run `cargo xtask fetch {}` with a network, or put {missing} into the folder `$WARPGRID_DISTFILES`",
                    input.name
                ),
            )
            .into();
        }
        let mut message = format!("no source of input `{}` answers", input.name);
        for tried in &search.tried {
            message.push_str("\n  ");
            message.push_str(&tried.replace('\n', "\n  "));
        }
        let hint = search.hint.clone().unwrap_or_else(|| {
            format!("check the network, or put {missing} into the folder `$WARPGRID_DISTFILES`")
        });
        Hint::new(message, hint).into()
    }
}

fn fetch_from_registry(context: &FetchContext<'_>, wanted: WantedFile<'_>) -> Result<(), Failure> {
    let temp = context.cache.temp_dir()?;
    let _spinner = context.progress.spinner(&format!("{} {} {}", wanted.kind, wanted.name, wanted.version));
    let clients = &context.options.clients;
    let file = match wanted.kind {
        Kind::Crate => rust_crate::download(clients, temp.path(), wanted.name, wanted.version)?,
        Kind::Npm => npm::download(clients, temp.path(), wanted.name, wanted.version)?,
        Kind::Pypi => pypi::download(clients, temp.path(), wanted)?,
        Kind::Go => golang::download(clients, temp.path(), wanted.name, wanted.version)?,
        Kind::Git | Kind::Archive | Kind::Debian => {
            return Err(Failure::Fatal(anyhow::anyhow!("`{}` is no language's registry", wanted.kind)));
        }
    };
    context.cache.copy_in(wanted.expected(), &wanted.origin(), &file)?;
    Ok(())
}

fn begin<'a>(manifest: &'a Manifest, request: &Request) -> anyhow::Result<Search<'a>> {
    let input = manifest.input(&request.input)?;
    let allowed = |kind: Kind| request.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind));
    let sources: Vec<&Source> = input.sources.iter().filter(|source| allowed(source.kind())).collect();
    if sources.is_empty() {
        let kinds = request.kinds.iter().flatten().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
        anyhow::bail!("input `{}` has no source of the kinds asked for: {kinds}", input.name);
    }
    Ok(Search { input, sources, next: 0, tried: Vec::new(), hint: None, found: None })
}
