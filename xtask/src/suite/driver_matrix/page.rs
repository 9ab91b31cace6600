//! `docs/reference/drivers.md`: a table a server from the rows of a run; starts nothing.
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, bail};

use super::super::SuiteContext;
use super::rows::{Ending, Row};
use super::versions;
use crate::file;

/// The page.
pub(super) const PAGE: &str = "docs/reference/drivers.md";

const BLESS: &str = "BLESS=1 cargo xtask ci --only driver-matrix";

/// The servers, as the rows and as people name them.
const PRODUCTS: &[(&str, &str)] = &[
    ("postgres", "PostgreSQL 15"),
    ("mariadb", "MariaDB 10.11"),
    ("mysql", "MySQL 9.7"),
    ("redis", "Redis 7.0"),
];

/// The doors, as the rows and as people name them.
const DOORS: &[(&str, &str)] = &[("direct", "straight to the server"), ("proxy", "through `warp proxy`")];

/// What each cell asks, in the order of the table.
const CELLS: &[(&str, &str)] = &[
    (
        "connect",
        "Log in, ask, get the right answer, also with text that is not ASCII and with nothing (`null`).",
    ),
    ("unix-socket", "The same through a Unix socket."),
    (
        "reuse",
        "The same 20 times, each leaving settings and temporary tables, names or watched keys that the next must not see. Behind a pool server sessions are used again.",
    ),
    (
        "prepared",
        "Prepared statements with and without a name, and another statement under the same name in the next connection.",
    ),
    (
        "pipeline",
        "20 requests on the way at once, of which one fails alone. For MySQL: several statements in one query.",
    ),
    ("copy", "5,000 rows in bulk: `COPY` in and out, `LOAD DATA LOCAL INFILE`."),
    ("listen", "`LISTEN` and `NOTIFY`, `SUBSCRIBE` and `PUBLISH`."),
    (
        "cancel",
        "A query that sleeps is ended from outside by the driver's own means (cancel request, `KILL QUERY`, `CLIENT UNBLOCK`); the connection works on.",
    ),
    ("tls", "Encrypted on both sides; the certificate of another authority is refused."),
    (
        "transaction-left-open",
        "A connection is closed inside a transaction; the next is in none, and what was not committed is gone.",
    ),
    ("wrong-password", "It is refused with the error that the driver's users know."),
    ("server-restart", "The open connection gets an error, a new one works."),
];

/// Why there can be no page from these rows, if there can be none.
pub(super) fn missing(rows: &[Row]) -> Option<String> {
    let row = rows.iter().find(|row| row.outcome == Ending::Skipped)?;
    Some(format!("`{}` was not tried: {}", row.name(), row.text))
}

/// Compares the page with the rows, or writes it with `BLESS=1`.
///
/// # Errors
/// When it says something else.
pub(super) fn compare(context: &SuiteContext<'_>, rows: &[Row]) -> anyhow::Result<()> {
    let page = page(&context.paths.root, rows)?;
    let path = context.paths.root.join(PAGE);
    if context.bless {
        return file::replace(&path, page.as_bytes());
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    if written != page {
        bail!("`{PAGE}` is not what this run found\nhint: run `{BLESS}`");
    }
    Ok(())
}

/// The text of the page.
fn page(root: &Path, rows: &[Row]) -> anyhow::Result<String> {
    let doors: Vec<&str> = DOORS
        .iter()
        .filter(|(door, _)| rows.iter().any(|row| row.door == *door))
        .map(|(_, name)| *name)
        .collect();
    let mut page = format!(
        "# Drivers\n\n\
         Stock drivers, unmodified, against real servers, {}: what the suite `driver-matrix` asks each of them. A number \
         leads to the reason why something is not possible. Programs and questions are in `tests/drivers`.\n\n\
         This page is written from a run: `{BLESS}` writes it anew.\n\n\
         | question | what must hold |\n|---|---|\n",
        doors.join(" and ")
    );
    for (cell, meaning) in CELLS {
        let _ = writeln!(page, "| {cell} | {meaning} |");
    }
    for (product, title) in PRODUCTS {
        let of_product: Vec<&Row> = rows.iter().filter(|row| row.product == *product).collect();
        if !of_product.is_empty() {
            table(&mut page, root, title, &of_product).with_context(|| format!("the table of {title}"))?;
        }
    }
    Ok(page)
}

fn table(page: &mut String, root: &Path, title: &str, rows: &[&Row]) -> anyhow::Result<()> {
    let _ = write!(page, "\n## {title}\n\n| driver |");
    CELLS.iter().for_each(|(cell, _)| page.push_str(&format!(" {cell} |")));
    let _ = writeln!(page, "\n|---|{}", "---|".repeat(CELLS.len()));
    let mut drivers: Vec<&str> = Vec::new();
    for row in rows {
        if !drivers.contains(&row.driver.as_str()) {
            drivers.push(&row.driver);
        }
        if !CELLS.iter().any(|(cell, _)| *cell == row.cell) {
            bail!("the cell `{}` has no meaning in `xtask/src/suite/driver_matrix/page.rs`", row.cell);
        }
    }
    let mut notes: Vec<String> = Vec::new();
    for driver in drivers {
        let _ = write!(page, "| {} |", versions::of_driver(root, driver)?);
        for (cell, _) in CELLS {
            // Of all doors: what fails or is not possible at one is not possible.
            let of_cell: Vec<&&Row> =
                rows.iter().filter(|row| row.driver == driver && row.cell == *cell).collect();
            let worst = of_cell.iter().find(|row| row.outcome != Ending::Passed);
            let mark = match worst {
                _ if of_cell.is_empty() => bail!("`{driver}` was not asked `{cell}`"),
                None => "✓".to_owned(),
                Some(row) if matches!(row.outcome, Ending::Unsupported | Ending::Refused) => {
                    let door = DOORS.iter().find(|(door, _)| *door == row.door);
                    let note = match (row.outcome, door) {
                        (Ending::Refused, Some((_, door))) => format!("not {door}: {}", row.text),
                        _ => row.text.clone(),
                    };
                    let known = notes.iter().position(|known| *known == note);
                    let number = known.unwrap_or_else(|| {
                        notes.push(note);
                        notes.len() - 1
                    });
                    format!("– ({})", number + 1)
                }
                Some(row) => bail!("`{}` did not pass", row.name()),
            };
            let _ = write!(page, " {mark} |");
        }
        page.push('\n');
    }
    if !notes.is_empty() {
        page.push('\n');
    }
    for (index, note) in notes.iter().enumerate() {
        let _ = writeln!(page, "{}. {note}", index + 1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::rows;
    use super::*;

    fn rows_of(driver: &str, special: &[(&str, &str, &str)]) -> Vec<Row> {
        let mut text = String::new();
        for (cell, _) in CELLS {
            let (outcome, why) = special
                .iter()
                .find(|(name, ..)| name == cell)
                .map_or(("passed", ""), |(_, outcome, why)| (*outcome, *why));
            let _ = writeln!(
                text,
                r#"{{"door":"direct","product":"postgres","driver":"{driver}","cell":"{cell}","outcome":"{outcome}","text":"{why}","seconds":0.5}}"#
            );
        }
        rows::read(&text).unwrap()
    }

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
    }

    #[test]
    fn a_cell_is_a_mark_or_a_numbered_reason() {
        let mut rows =
            rows_of("psql", &[("listen", "unsupported", "no ears"), ("copy", "unsupported", "no hands")]);
        rows.extend(rows_of("pgx", &[("listen", "unsupported", "no ears")]));
        let page = page(root(), &rows).unwrap();
        let psql = page.lines().find(|line| line.starts_with("| psql")).unwrap();
        assert_eq!(psql.matches('✓').count(), CELLS.len() - 2, "{psql}");
        assert!(psql.contains("✓ | – (1) | – (2) | ✓"), "{psql}");
        assert!(page.lines().find(|line| line.starts_with("| pgx")).unwrap().contains("– (2)"));
        assert!(page.ends_with("\n1. no hands\n2. no ears\n"), "{page}");
    }

    #[test]
    fn what_failed_or_is_missing_makes_no_page() {
        let failed = rows_of("psql", &[("copy", "failed", "boom")]);
        assert!(format!("{:#}", page(root(), &failed).unwrap_err()).contains("did not pass"));
        let mut short = rows_of("psql", &[]);
        short.pop();
        assert!(format!("{:#}", page(root(), &short).unwrap_err()).contains("was not asked"));
        let skipped = rows_of("psql", &[("copy", "skipped", "no go")]);
        assert!(missing(&skipped).unwrap().contains("no go"));
        assert_eq!(missing(&rows_of("psql", &[])), None);
        assert!(rows::read("").is_err() && rows::read("noise").is_err());
    }
}
