//! The rules of the manifest: raw values in, typed values and problems out; reads nothing.
use std::ops::Range;

use toml::Spanned;

use super::model::{
    Input, Kind, Manifest, Package, Pin, Pinned, Role, Sdk, Source, Target, Variant, version_matches,
};
use super::nearest::did_you_mean;
use super::pins::DIVIDER;
use super::problem::{Area, Problems};
use super::raw::{Named, RawInput, RawManifest, RawPin, RawSource, RawTarget, Text};

/// An input with the place of its name and of each of its sources.
struct Placed {
    input: Input,
    sources: Vec<Range<usize>>,
}

/// Triples that a sysroot can be made for.
const TRIPLES: [&str; 2] = ["wasm32-wasip1", "wasm32-wasip2"];

pub(super) fn check(raw: RawManifest, text: &str, problems: &mut Problems<'_>) -> Manifest {
    let version = semver::Version::parse(raw.sdk.version.as_ref()).unwrap_or_else(|error| {
        let message = format!("`{}` is not a semantic version: {error}", raw.sdk.version.as_ref());
        problems.add(Area::People, raw.sdk.version.span(), message);
        semver::Version::new(0, 0, 0)
    });

    let mut placed: Vec<Placed> = Vec::new();
    let roles = [
        (Role::Upstream, raw.upstream),
        (Role::Tool, raw.tool),
        (Role::Fixture, raw.fixture),
        (Role::Service, raw.service),
    ];
    for (role, table) in roles {
        for (name, raw_input) in in_file_order(table) {
            let (input, sources) = check_input(role, &name, raw_input, problems);
            if placed.iter().any(|known| known.input.name == input.name) {
                let message = format!("input `{}` is named twice", input.name);
                problems.add(Area::People, name.span(), message);
            }
            placed.push(Placed { input, sources });
        }
    }

    let divider = text.find(DIVIDER);
    if let (None, Some(pin)) = (divider, raw.pin.first()) {
        let message = "pins stand below the line that only commands write, and that line is missing";
        problems.add_with_hint(Area::People, pin.span(), message, format!("add the line `{DIVIDER}`"));
    }
    let mut pins: Vec<(Range<usize>, Pin)> = Vec::new();
    for raw_pin in raw.pin {
        let span = raw_pin.span();
        if divider.is_some_and(|divider| span.start < divider) {
            problems.add(Area::People, span.clone(), "a pin stands above the line that only commands write");
        }
        if let Some(pin) = check_pin(raw_pin, problems) {
            let twice =
                |known: &Pin| (&known.input, known.kind, &known.name) == (&pin.input, pin.kind, &pin.name);
            if pins.iter().any(|(_, known)| twice(known)) {
                let message = format!("`{}` of `{}` is pinned twice", pin.name, pin.input);
                problems.add_with_hint(Area::Pins, span, message, pin_again(&pin.input));
            } else {
                pins.push((span, pin));
            }
        }
    }
    // Anything wrong so far would be reported a second time as a pin without a source or the reverse.
    if problems.is_empty() {
        match_pins(&placed, &pins, problems);
    }

    let targets =
        in_file_order(raw.target).into_iter().map(|(name, target)| check_target(&name, target, problems));
    Manifest {
        sdk: Sdk { version },
        targets: targets.collect(),
        inputs: placed.into_iter().map(|placed| placed.input).collect(),
        pins: pins.into_iter().map(|(_, pin)| pin).collect(),
    }
}

fn in_file_order<T>(table: Named<T>) -> Vec<(Text, T)> {
    let mut entries: Vec<(Text, Spanned<T>)> = table.into_iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries.into_iter().map(|(name, entry)| (name, entry.into_inner())).collect()
}

fn pin_again(input: &str) -> String {
    format!("run `cargo xtask pin {input}`")
}

fn check_input(
    role: Role,
    name: &Text,
    raw: RawInput,
    problems: &mut Problems<'_>,
) -> (Input, Vec<Range<usize>>) {
    let name_ok = name.as_ref().chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    if name.as_ref().is_empty() || !name_ok {
        let message = format!("`{}` is no name for an input: use letters, digits and `-`", name.as_ref());
        problems.add(Area::People, name.span(), message);
    }
    for (key, value) in [("project", &raw.project), ("revision", &raw.revision), ("licence", &raw.licence)] {
        if value.as_ref().trim().is_empty() {
            problems.add(Area::People, value.span(), format!("`{key}` of `{}` is empty", name.as_ref()));
        }
    }
    if raw.source.is_empty() {
        let message = format!("input `{}` has no source", name.as_ref());
        problems.add(Area::People, name.span(), message);
    }
    let mut sources = Vec::new();
    let mut spans = Vec::new();
    for raw_source in raw.source {
        let span = raw_source.span();
        if let Some(source) = check_source(raw_source, raw.revision.as_ref(), problems) {
            sources.push(source);
            spans.push(span);
        }
    }
    let input = Input {
        name: name.as_ref().clone(),
        role,
        project: raw.project.into_inner(),
        revision: raw.revision.into_inner(),
        licence: raw.licence.into_inner(),
        sources,
    };
    (input, spans)
}

fn check_kind(raw: &Text, area: Area, problems: &mut Problems<'_>) -> Option<Kind> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == raw.as_ref());
    if kind.is_none() {
        let message = format!("unknown source kind `{}`", raw.as_ref());
        let hint = did_you_mean(raw.as_ref(), &Kind::ALL.map(Kind::as_str));
        problems.add_with_hint(area, raw.span(), message, hint);
    }
    kind
}

fn check_source(raw: Spanned<RawSource>, revision: &str, problems: &mut Problems<'_>) -> Option<Source> {
    let span = raw.span();
    let raw = raw.into_inner();
    let kind = check_kind(&raw.kind, Area::People, problems)?;
    let allowed: &[&str] = match kind {
        Kind::Git => &["url", "ref"],
        Kind::Archive => &["url"],
        Kind::Debian => &["suite", "package", "packages", "version"],
        Kind::Npm | Kind::Pypi | Kind::Crate | Kind::Go => &["package", "version"],
    };
    let given = [
        ("url", raw.url.as_ref().map(Spanned::span)),
        ("ref", raw.r#ref.as_ref().map(Spanned::span)),
        ("suite", raw.suite.as_ref().map(Spanned::span)),
        ("package", raw.package.as_ref().map(Spanned::span)),
        ("packages", raw.packages.as_ref().map(Spanned::span)),
        ("version", raw.version.as_ref().map(Spanned::span)),
    ];
    for (key, place) in given {
        if let (Some(place), false) = (place, allowed.contains(&key)) {
            let message = format!("key `{key}` has no meaning for a source of kind `{kind}`");
            problems.add_with_hint(Area::People, place, message, format!("it takes: {}", allowed.join(", ")));
        }
    }
    let mut need = |key: &str, value: Option<Text>| -> Option<String> {
        let value = value.map(Spanned::into_inner).filter(|value| !value.trim().is_empty());
        if value.is_none() {
            problems.add(Area::People, span.clone(), format!("a source of kind `{kind}` needs `{key}`"));
        }
        value
    };
    match kind {
        Kind::Git => {
            let url = need("url", raw.url)?;
            let reference = raw.r#ref.map_or_else(|| revision.to_owned(), Spanned::into_inner);
            Some(Source::Git { url, reference })
        }
        Kind::Archive => Some(Source::Archive { url: need("url", raw.url)? }),
        Kind::Npm | Kind::Pypi | Kind::Crate | Kind::Go => {
            let package = need("package", raw.package)?;
            Some(Source::Registry { kind, package, version: raw.version.map(Spanned::into_inner) })
        }
        Kind::Debian => {
            let suite = need("suite", raw.suite)?;
            let names = match (raw.package, raw.packages) {
                (Some(one), None) => vec![one],
                (None, Some(many)) if !many.as_ref().is_empty() => many.into_inner(),
                _ => {
                    let message = "a source of kind `debian` needs either `package` or `packages`";
                    problems.add(Area::People, span, message);
                    return None;
                }
            };
            let version = raw.version.map(Spanned::into_inner);
            Some(Source::Debian { packages: check_packages(names, &suite, version.as_deref(), problems) })
        }
    }
}

/// `name` is taken from the source's suite and bound by its `version`; `name/suite` (as apt writes it) is neither.
fn check_packages(
    names: Vec<Text>,
    suite: &str,
    version: Option<&str>,
    problems: &mut Problems<'_>,
) -> Vec<Package> {
    let mut packages: Vec<Package> = Vec::new();
    for text in names {
        let package = match text.as_ref().split_once('/') {
            Some((name, other)) => Package { name: name.to_owned(), suite: other.to_owned(), version: None },
            None => Package {
                name: text.as_ref().clone(),
                suite: suite.to_owned(),
                version: version.map(str::to_owned),
            },
        };
        if packages.iter().any(|known| known.name == package.name) {
            let message = format!("package `{}` is listed twice", package.name);
            problems.add(Area::People, text.span(), message);
        } else {
            packages.push(package);
        }
    }
    packages
}

fn check_target(name: &Text, raw: RawTarget, problems: &mut Problems<'_>) -> Target {
    if !TRIPLES.contains(&name.as_ref().as_str()) {
        let message = format!("unknown target `{}`", name.as_ref());
        problems.add_with_hint(Area::People, name.span(), message, did_you_mean(name.as_ref(), &TRIPLES));
    }
    if raw.variants.as_ref().is_empty() {
        let message = format!("target `{}` has no variant", name.as_ref());
        problems.add(Area::People, raw.variants.span(), message);
    }
    let mut variants = Vec::new();
    for text in raw.variants.into_inner() {
        match Variant::ALL.into_iter().find(|variant| variant.as_str() == text.as_ref()) {
            Some(variant) if variants.contains(&variant) => {
                problems.add(Area::People, text.span(), format!("variant `{variant}` is listed twice"));
            }
            Some(variant) => variants.push(variant),
            None => {
                let message = format!("unknown variant `{}`", text.as_ref());
                let hint = did_you_mean(text.as_ref(), &Variant::ALL.map(Variant::as_str));
                problems.add_with_hint(Area::People, text.span(), message, hint);
            }
        }
    }
    Target { triple: name.as_ref().clone(), variants }
}

fn check_pin(raw: Spanned<RawPin>, problems: &mut Problems<'_>) -> Option<Pin> {
    let span = raw.span();
    let raw = raw.into_inner();
    let again = pin_again(raw.input.as_ref());
    let kind = check_kind(&raw.kind, Area::Pins, problems)?;
    let mut hex = |key: &str, value: Option<Text>, length: usize, required: bool| -> Option<String> {
        let Some(value) = value else {
            if required {
                let message = format!("a pin of kind `{kind}` needs `{key}`");
                problems.add_with_hint(Area::Pins, span.clone(), message, again.clone());
            }
            return None;
        };
        let digits = value.as_ref();
        let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if digits.len() == length && digits.bytes().all(lower) {
            return Some(value.into_inner());
        }
        let message = format!("`{key}` is not {length} lower-case hex digits: `{digits}`");
        problems.add_with_hint(Area::Pins, value.span(), message, again.clone());
        None
    };
    let pinned = if kind == Kind::Git {
        let commit = hex("commit", raw.commit, 40, true);
        let tree_given = raw.tree.is_some();
        let tree = hex("tree", raw.tree, 40, false);
        let note = raw.note.map(Spanned::into_inner);
        if !tree_given && note.is_none() {
            let message = "a git pin needs `tree`, or a `note` that says why it is not known";
            let hint = format!("run `cargo xtask pin {} --update`", raw.input.as_ref());
            problems.add_with_hint(Area::Pins, span, message, hint);
        }
        Pinned::Commit { commit: commit?, tree, note }
    } else {
        let sha256 = hex("sha256", raw.sha256, 64, true);
        let Some(file) = raw.file.map(Spanned::into_inner).filter(|file| is_plain_file_name(file)) else {
            let message = format!("a pin of kind `{kind}` needs `file`, a plain file name");
            problems.add_with_hint(Area::Pins, span, message, again);
            return None;
        };
        Pinned::File { file, sha256: sha256?, size: raw.size }
    };
    Some(Pin {
        input: raw.input.into_inner(),
        kind,
        name: raw.name.into_inner(),
        version: raw.version.into_inner(),
        pinned,
    })
}

fn is_plain_file_name(file: &str) -> bool {
    !file.is_empty() && !file.contains(['/', '\\', '\0']) && file != "." && file != ".."
}

fn match_pins(placed: &[Placed], pins: &[(Range<usize>, Pin)], problems: &mut Problems<'_>) {
    let mut used = vec![false; pins.len()];
    for Placed { input, sources: spans } in placed {
        for (source, span) in input.sources.iter().zip(spans) {
            for name in source.artifact_names() {
                let kind = source.kind();
                let found = pins.iter().position(|(_, pin)| {
                    (pin.input.as_str(), pin.kind, pin.name.as_str()) == (input.name.as_str(), kind, name)
                });
                let Some(found) = found else {
                    let message = format!("source `{kind}` of `{}` has no pin for `{name}`", input.name);
                    problems.add_with_hint(Area::Pins, span.clone(), message, pin_again(&input.name));
                    continue;
                };
                used[found] = true;
                let (pin_span, pin) = &pins[found];
                let allowed = match source {
                    Source::Git { reference, .. } => Some(reference.as_str()),
                    Source::Archive { .. } => Some(input.revision.as_str()),
                    _ => source.allowed_version(name),
                };
                if let Some(pattern) = allowed.filter(|pattern| !version_matches(pattern, &pin.version)) {
                    let message = format!(
                        "pinned version `{}` of `{name}` is not `{pattern}`, which `{}` asks for",
                        pin.version, input.name
                    );
                    let update = if kind.is_registry() { "" } else { " --update" };
                    let hint = format!("{}{update}`", pin_again(&input.name).trim_end_matches('`'));
                    problems.add_with_hint(Area::Pins, pin_span.clone(), message, hint);
                }
            }
        }
    }
    for ((span, pin), used) in pins.iter().zip(used) {
        if !used {
            let message =
                format!("pin of `{}` ({}) for `{}` belongs to no source", pin.name, pin.kind, pin.input);
            problems.add_with_hint(Area::Pins, span.clone(), message, "run `cargo xtask pin` to drop it");
        }
    }
}
