//! The suite: the README's tour block by block, then bad input; knows no block.
use anyhow::Context;

use super::super::SuiteContext;
use super::page;
use super::servers::TourServers;
use super::{bad_input, block};
use crate::report::SuiteReport;
use crate::tree;

/// One row a block of the tour that is run, then one a file of `tests/bad-input`.
///
/// # Errors
/// When the README or the folder of cases cannot be read, or servers of an earlier run do not end.
pub(in crate::suite) fn run(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("first-guest");
    let scratch = context.scratch("first guest")?;
    let tour = scratch.join("a tour");
    tree::empty(&tour)?;
    let readme =
        std::fs::read_to_string(context.paths.root.join("README.md")).context("reading `README.md`")?;
    // Until the end of the tour, also when a block fails.
    let servers = TourServers::new(context)?;
    let mut substitutes = page::ports()?;
    substitutes.extend(servers.substitutes());
    let blocks = page::blocks(&readme, &substitutes)?;
    for (index, found) in blocks.iter().enumerate() {
        match found.language.as_str() {
            "sh" => {
                let shown = blocks.get(index + 1).filter(|next| next.language == "text");
                let shown = shown.map(|block| block.text.as_str());
                report.case_or_skip(format!("README: {}", found.title()), || {
                    block::execute(context, &servers, &tour, found, shown)
                });
            }
            "c" | "rust" | "toml" => block::write(&tour, found)?,
            _ => {}
        }
    }
    drop(servers);
    bad_input::rows(context, &scratch, &tour, &mut report)?;
    Ok(report)
}
