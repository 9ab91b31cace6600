//! Reads and writes `ar` archives in the GNU form; knows nothing of what the members hold.
//!
//! The writer is deterministic: times, owners and groups are 0, the mode is 0644, and the members stay in the
//! order they are given. Names repeat in real archives, so members are kept in a list, never in a map.
use anyhow::{Context, bail};

const MAGIC: &[u8] = b"!<arch>\n";
const HEADER: usize = 60;
/// The longest name that fits a member's header, with its closing `/`.
const SHORT_NAME: usize = 15;

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The file name, without a folder.
    pub name: String,
    /// The file's bytes.
    pub data: Vec<u8>,
}

/// The members of `bytes` in order, without the symbol index and the table of long names.
///
/// # Errors
/// When `bytes` is not a GNU archive, is a thin archive, or a header is damaged: the message says at which offset.
pub fn read(bytes: &[u8]) -> anyhow::Result<Vec<Member>> {
    let Some(body) = bytes.strip_prefix(MAGIC) else {
        bail!("not an archive: the first bytes are not `!<arch>`")
    };
    let mut members = Vec::new();
    let mut long_names: &[u8] = &[];
    let mut at = 0;
    while at < body.len() {
        let offset = at + MAGIC.len();
        let header =
            body.get(at..at + HEADER).with_context(|| format!("cut off in the header at offset {offset}"))?;
        if &header[58..60] != b"`\n" {
            bail!("damaged member header at offset {offset}");
        }
        let size: usize = text(&header[48..58])
            .parse()
            .with_context(|| format!("size of the member at offset {offset} is not a number"))?;
        let start = at + HEADER;
        let data = start
            .checked_add(size)
            .and_then(|end| body.get(start..end))
            .with_context(|| format!("the member at offset {offset} is cut off"))?;
        match text(&header[0..16]).as_str() {
            "/" | "/SYM64/" => {}
            "//" => long_names = data,
            name => {
                members.push(Member { name: member_name(name, long_names, offset)?, data: data.to_vec() });
            }
        }
        at = start + size + size % 2;
    }
    Ok(members)
}

/// Writes `members` with a symbol index in front; `symbols` gives the names that a member defines.
///
/// # Errors
/// When `symbols` fails for a member (the message names it), or the archive passes 4 GiB, where the index ends.
pub fn write(
    members: &[Member],
    symbols: impl Fn(&Member) -> anyhow::Result<Vec<String>>,
) -> anyhow::Result<Vec<u8>> {
    let mut long_names = Vec::new();
    let mut heads = Vec::with_capacity(members.len());
    for member in members {
        if member.name.len() > SHORT_NAME {
            heads.push(format!("/{}", long_names.len()));
            long_names.extend_from_slice(member.name.as_bytes());
            long_names.extend_from_slice(b"/\n");
        } else {
            heads.push(format!("{}/", member.name));
        }
    }
    let mut index: Vec<(usize, String)> = Vec::new();
    for (position, member) in members.iter().enumerate() {
        let names = symbols(member).with_context(|| format!("in the archive member `{}`", member.name))?;
        index.extend(names.into_iter().map(|name| (position, name)));
    }
    let index_size = 4 + 4 * index.len() + index.iter().map(|(_, name)| name.len() + 1).sum::<usize>();
    let mut offset = MAGIC.len() + HEADER + even(index_size);
    if !long_names.is_empty() {
        offset += HEADER + even(long_names.len());
    }
    let mut offsets = Vec::with_capacity(members.len());
    for member in members {
        offsets.push(u32::try_from(offset).context("the archive is larger than its index can say (4 GiB)")?);
        offset += HEADER + even(member.data.len());
    }

    let mut table = Vec::with_capacity(index_size);
    table.extend(u32::try_from(index.len()).context("too many symbols for one archive")?.to_be_bytes());
    for (position, _) in &index {
        table.extend(offsets[*position].to_be_bytes());
    }
    for (_, name) in &index {
        table.extend_from_slice(name.as_bytes());
        table.push(0);
    }

    let mut out = Vec::with_capacity(offset);
    out.extend_from_slice(MAGIC);
    entry(&mut out, "/", &table, 0);
    if !long_names.is_empty() {
        entry(&mut out, "//", &long_names, b'\n');
    }
    for (member, head) in members.iter().zip(&heads) {
        entry(&mut out, head, &member.data, b'\n');
    }
    Ok(out)
}

fn entry(out: &mut Vec<u8>, name: &str, data: &[u8], padding: u8) {
    let size = data.len();
    out.extend_from_slice(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).as_bytes());
    out.extend_from_slice(data);
    if size % 2 == 1 {
        out.push(padding);
    }
}

fn even(size: usize) -> usize {
    size + size % 2
}

fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field).trim_end().to_owned()
}

fn member_name(field: &str, long_names: &[u8], offset: usize) -> anyhow::Result<String> {
    if let Some(position) = field.strip_prefix('/') {
        let position: usize =
            position.parse().with_context(|| format!("name of the member at offset {offset} is damaged"))?;
        let rest = long_names
            .get(position..)
            .with_context(|| format!("the long name of the member at offset {offset} is missing"))?;
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        return Ok(text(rest[..end].strip_suffix(b"/").unwrap_or(&rest[..end])));
    }
    Ok(field.strip_suffix('/').unwrap_or(field).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, data: &[u8]) -> Member {
        Member { name: name.to_owned(), data: data.to_vec() }
    }

    #[test]
    fn members_come_back_in_order_with_long_and_repeated_names() {
        let members = vec![
            member("a.o", b"1"),
            member("a_name_longer_than_fifteen.c.obj", b"22"),
            member("a.o", b"333"),
            member("exactly15chars1", b""),
        ];
        let bytes = write(&members, |member| Ok(vec![format!("of_{}", member.data.len())])).unwrap();
        assert_eq!(read(&bytes).unwrap(), members);
    }

    #[test]
    fn the_index_points_at_the_headers() {
        let members = vec![member("one.o", b"abc"), member("two.o", b"de")];
        let bytes = write(&members, |member| Ok(vec![member.name.replace('.', "_")])).unwrap();
        let count = u32::from_be_bytes(bytes[68..72].try_into().unwrap());
        let second = u32::from_be_bytes(bytes[76..80].try_into().unwrap()) as usize;
        assert_eq!((count, &bytes[second..second + 6]), (2, b"two.o/".as_slice()));
    }

    #[test]
    fn a_damaged_archive_is_refused_with_its_offset() {
        let mut bytes = write(&[member("one.o", b"abc")], |_| Ok(Vec::new())).unwrap();
        bytes.truncate(bytes.len() - 2);
        assert_eq!(format!("{:#}", read(&bytes).unwrap_err()), "the member at offset 72 is cut off");
        assert!(read(b"<html>").is_err());
    }
}
