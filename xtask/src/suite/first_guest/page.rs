//! The README's tour as blocks, with what stands here for the page's ports and folders; runs nothing.
use std::net::TcpListener;

use anyhow::Context;

/// Heading of the README's section that is run.
const TOUR: &str = "## Five-minute tour";

/// Ports of the page, and what stands before them there. Each run has free ones, so that two can run at the same time.
const PORTS: &[(u16, &[&str])] =
    &[(8080, &["127.0.0.1:"]), (5432, &["127.0.0.1:", "postgres="]), (6432, &["127.0.0.1:", "-p "])];

/// Words of the page and what stands for them here.
#[derive(Debug)]
pub(super) struct Substitute {
    /// As the page has it.
    pub(super) page: String,
    /// As it is here.
    pub(super) here: String,
}

/// A fenced block of the README.
#[derive(Debug)]
pub(super) struct Block {
    /// Its language: `sh`, `text`, `toml` …
    pub(super) language: String,
    /// Its lines, with what stands here for words of the page.
    pub(super) text: String,
    /// Its first line as the page has it.
    first: String,
}

impl Block {
    /// The first line as the page has it.
    pub(super) fn title(&self) -> &str {
        &self.first
    }
}

/// Free ports for those of the page.
pub(super) fn ports() -> anyhow::Result<Vec<Substitute>> {
    let mut substitutes = Vec::new();
    // All are held until the last is known, so that no two are the same.
    let mut held = Vec::new();
    for (port, places) in PORTS {
        let free = loop {
            let listener = TcpListener::bind(("127.0.0.1", 0)).context("asking for a free port")?;
            let free = listener.local_addr().context("asking for a free port")?.port();
            held.push(listener);
            // One that begins as a port of the page would be taken for it.
            if !PORTS.iter().any(|(port, _)| free.to_string().starts_with(&port.to_string())) {
                break free;
            }
        };
        for place in *places {
            substitutes.push(Substitute { page: format!("{place}{port}"), here: format!("{place}{free}") });
        }
    }
    Ok(substitutes)
}

/// The fenced blocks of the tour, in order.
///
/// # Errors
/// When there is no tour, it runs nothing, or it lacks words that something stands for here.
pub(super) fn blocks(readme: &str, substitutes: &[Substitute]) -> anyhow::Result<Vec<Block>> {
    let (_, tour) =
        readme.split_once(TOUR).with_context(|| format!("`README.md` has no section `{TOUR}`"))?;
    let tour = tour.split("\n## ").next().unwrap_or(tour);
    for Substitute { page, .. } in substitutes {
        anyhow::ensure!(tour.contains(page), "the tour in `README.md` does not have `{page}` any more");
    }
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in tour.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                let language = language.to_owned();
                open = Some(Block { language, text: String::new(), first: String::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                if block.text.is_empty() {
                    line.clone_into(&mut block.first);
                }
                block.text.push_str(&substituted(line, substitutes));
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    anyhow::ensure!(
        blocks.iter().any(|block| block.language == "sh"),
        "the tour in `README.md` runs nothing"
    );
    Ok(blocks)
}

fn substituted(line: &str, substitutes: &[Substitute]) -> String {
    substitutes.iter().fold(line.to_owned(), |line, Substitute { page, here }| line.replace(page, here))
}

/// Whether what was printed is what the page shows; `…` there stands for anything.
pub(super) fn is_as_shown(printed: &str, shown: &str) -> bool {
    let mut pieces = shown.trim_end().split('…');
    let Some(mut rest) = printed.trim_end().strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Title\n```sh\nnot of the tour\n```\n## Five-minute tour\nText\n```toml\n# a.toml\n\
        listen = \"127.0.0.1:8080\"\naddress = \"db:8080\"\n```\n```sh\ncurl http://127.0.0.1:8080/\n```\n\
        ## Next\n```sh\nnot of the tour\n```\n";

    #[test]
    fn blocks_of_the_tour_alone_are_there_with_ports_of_this_run() {
        let free = Substitute { page: "127.0.0.1:8080".into(), here: "127.0.0.1:41000".into() };
        let blocks = blocks(PAGE, &[free]).unwrap();
        let texts: Vec<(&str, &str)> =
            blocks.iter().map(|block| (block.language.as_str(), block.text.as_str())).collect();
        assert_eq!(
            texts,
            [
                ("toml", "# a.toml\nlisten = \"127.0.0.1:41000\"\naddress = \"db:8080\"\n"),
                ("sh", "curl http://127.0.0.1:41000/\n"),
            ]
        );
        assert_eq!(blocks[1].title(), "curl http://127.0.0.1:8080/");
    }

    #[test]
    fn words_that_the_page_lost_are_named() {
        let gone = Substitute { page: "127.0.0.1:5432".into(), here: String::new() };
        assert!(blocks(PAGE, &[gone]).unwrap_err().to_string().contains("127.0.0.1:5432"));
    }

    #[test]
    fn each_port_of_the_page_has_one_of_its_own() {
        let substitutes = ports().unwrap();
        let mut here: Vec<&str> = substitutes.iter().map(|found| found.here.as_str()).collect();
        here.sort_unstable();
        here.dedup();
        assert_eq!(here.len(), substitutes.len());
        assert!(substitutes.iter().all(|found| found.page != found.here));
    }

    #[test]
    fn dots_stand_for_anything_and_nothing_else_does() {
        for (printed, shown) in [
            ("one\ntwo\n", "one\ntwo"),
            ("db  7     1\nmore\nend\n", "db  …     1\n…\nend\n"),
            ("one\nmore\n", "one\n…\n"),
        ] {
            assert!(is_as_shown(printed, shown), "{printed:?} {shown:?}");
        }
        for (printed, shown) in [
            ("one\ntwo\nthree\n", "one\ntwo"),
            ("db  7     2\nmore\nend\n", "db  …     1\n…\nend\n"),
            ("a one\nmore\n", "one\n…\n"),
            ("one\nmore\nend\n", "one\n…\nend of it\n"),
        ] {
            assert!(!is_as_shown(printed, shown), "{printed:?} {shown:?}");
        }
    }
}
