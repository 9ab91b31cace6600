//! `current_pins` on sources that the test makes and on one real registry: what the rows say afterwards.
use std::fs;

use xtask::cmd::pin::{PinArgs, run};
use xtask::manifest::{Manifest, Pinned};
use xtask::paths::Paths;
use xtask::source::{Fetcher, Repin};

use crate::support::{manifest_text, options, told, unreachable};

#[derive(clap::Parser)]
struct Flags {
    #[command(flatten)]
    pin: PinArgs,
}

fn pin(root: &std::path::Path, arguments: &[&str]) -> anyhow::Result<()> {
    let flags = <Flags as clap::Parser>::parse_from(["pin"].iter().chain(arguments));
    let paths = Paths::new(root.to_owned(), root.join("cache"), None);
    run(&flags.pin, &paths).map(drop)
}

#[test]
fn a_missing_row_is_filled_and_a_second_time_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sdk-manifest.toml");
    let source =
        "[[source]]\nkind = \"crate\"\npackage = \"fnv\"\nversion = \"1.0.7\" # a comment that stays\n";
    fs::write(&path, manifest_text(source, "")).unwrap();
    match pin(folder.path(), &["example"]) {
        Err(error) if unreachable("crate", &error) => return,
        result => result.unwrap_or_else(|error| panic!("{}", told(&error))),
    }
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("# a comment that stays"));
    let manifest = Manifest::load(&path).unwrap();
    let Pinned::File { file, sha256, size } = &manifest.pins[0].pinned else { panic!("{text}") };
    assert_eq!((file.as_str(), *size), ("fnv-1.0.7.crate", Some(11_266)));
    assert_eq!(sha256, "3f9eec918d3f24069decb9af1554cad7c880e2da24a9afd88aca000531ab82c1");
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    pin(folder.path(), &["example"]).unwrap();
    pin(folder.path(), &[]).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before, "the file was not written again");
}

#[test]
fn a_left_over_row_is_dropped_and_an_unknown_input_suggests_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sdk-manifest.toml");
    let row = |name: &str| {
        let digest = "7".repeat(64);
        format!(
            "[[pin]]\nkind = \"npm\"\nname = \"{name}\"\nversion = \"1\"\nfile = \"f\"\nsha256 = \"{digest}\"\n\n"
        )
    };
    let source = "[[source]]\nkind = \"npm\"\npackage = \"wanted\"\n";
    fs::write(&path, manifest_text(source, &(row("wanted") + &row("left-over")))).unwrap();
    assert!(Manifest::load(&path).is_err());
    pin(folder.path(), &[]).unwrap();
    let manifest = Manifest::load(&path).unwrap();
    assert_eq!(manifest.pins.iter().map(|pin| pin.name.as_str()).collect::<Vec<_>>(), ["wanted"]);
    let text = told(&pin(folder.path(), &["exmple"]).unwrap_err());
    assert_eq!(text, "unknown input `exmple`\nhint: did you mean `example`?");
}

#[test]
fn a_source_that_does_not_answer_leaves_the_manifest_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sdk-manifest.toml");
    let gone = folder.path().join("gone");
    let text =
        manifest_text(&format!("[[source]]\nkind = \"git\"\nurl = \"file://{}\"\n", gone.display()), "");
    fs::write(&path, &text).unwrap();
    let said = told(&pin(folder.path(), &["example"]).unwrap_err());
    assert!(
        said.contains("pinning source `git` of `example`") && said.contains("nothing was written"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn a_git_reference_is_resolved_to_commit_and_tree_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let up = folder.path().join("up");
    let repository = git2::Repository::init(&up).unwrap();
    let tree = repository.index().unwrap().write_tree().unwrap();
    let who = git2::Signature::new("T", "t@example.org", &git2::Time::new(1, 0)).unwrap();
    let found = repository.find_tree(tree).unwrap();
    let commit = repository.commit(Some("refs/heads/main"), &who, &who, "m", &found, &[]).unwrap();
    let source = format!("[[source]]\nkind = \"git\"\nurl = \"file://{}\"\nref = \"main\"\n", up.display());
    let old = "[[pin]]\nkind = \"git\"\nname = \"up\"\nversion = \"main\"\ncommit = \"1111111111111111111111111111111111111111\"\nnote = \"unknown\"\n";
    let manifest = Manifest::parse("m", &manifest_text(&source, old)).unwrap();
    let fetcher = Fetcher::new(options(&folder.path().join("cache"))).unwrap();
    let pins = |reach| fetcher.current_pins(&manifest, manifest.input("example").unwrap(), reach).unwrap();
    assert_eq!(pins(Repin::Registries), manifest.pins);
    let expected = Pinned::Commit { commit: commit.to_string(), tree: Some(tree.to_string()), note: None };
    assert_eq!(pins(Repin::Everything)[0].pinned, expected);
}
