//! The reference page says what the code does.

use crate::{parse, read};
use std::path::Path;
use warpgrid_host::WarpConfig;
use warpgrid_host::config::reference_page;

/// The cells of the table of keys: key, value, default, meaning.
fn rows() -> Vec<[String; 4]> {
    let page = reference_page();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<_> = line.split(" | ").map(|cell| cell.trim_matches(['|', ' ']).to_owned()).collect();
        cells.try_into().unwrap_or_else(|_| panic!("four cells: {line}"))
    })
    .collect()
}

/// Every key, such as `files.*.host`.
pub(crate) fn keys() -> Vec<String> {
    rows().into_iter().map(|[key, ..]| key.trim_matches('`').to_owned()).collect()
}

#[test]
fn the_reference_page_says_what_the_code_does() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/warp-toml.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&page, reference_page()).unwrap();
    }
    let written = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(
        written == reference_page(),
        "docs/reference/warp-toml.md is not what the code says\n\
         hint: run `BLESS=1 cargo test --release -p warpgrid-host --test config`"
    );
}

#[test]
fn the_example_of_the_reference_page_is_valid() {
    let page = reference_page();
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let (config, warnings) = parse(example).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!((config.registry.len(), config.bindings.len(), config.scratch.len()), (1, 1, 1));
}

#[test]
fn every_documented_default_is_the_default() {
    let mut tried = 0;
    for [key, _, default, _] in rows() {
        let key = key.trim_matches('`');
        let Some(value) = default.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) else { continue };
        let below = key.split_once(".*.").filter(|(table, _)| ["bindings", "listeners"].contains(table));
        if let Some((table, key)) = below {
            let binding = "[bindings.db]\nprotocol = 'postgres'\naddress = 'db:1'\n";
            let listener = format!("{binding}[listeners.db]\nbinding = 'db'\nsocket = 'db.sock'\n");
            let required = if table == "bindings" { binding } else { &listener };
            let said = parse(&format!("{required}{key} = {value}")).unwrap();
            assert_eq!(said, parse(required).unwrap(), "{key}");
        } else {
            let said = read(&format!("{key} = {value}"));
            // To name a table is to say what the application is.
            let expected = WarpConfig { kind: said.kind, ..WarpConfig::default() };
            assert_eq!(said, expected, "{key} = {value}");
        }
        tried += 1;
    }
    assert!(tried >= 40, "only {tried} defaults are written as values");
}
