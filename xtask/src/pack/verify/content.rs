//! Reads the archive once: digests of all files on several threads, and the few files that later checks read.
use std::collections::BTreeMap;
use std::io::{BufReader, Read as _};
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, sync_channel};

use anyhow::Context;
use flate2::bufread::GzDecoder;
use memchr::memmem;

use crate::pack::archive::{self, Found, Limits};
use crate::pack::gzip;
use crate::pack::names::ADDED;
use crate::pack::tree::{self, Entry, Tree};

/// Folders of people and builders, which no text that ships has a reason to name.
const PRIVATE_FOLDERS: [&str; 3] = ["/home/", "/root/", "/Users/"];
/// How many files may wait for a thread: bounds memory, since the reader is faster.
const WAITING: usize = 4;

/// Everything that the archive holds.
#[derive(Debug, Default)]
pub(super) struct Content {
    /// Name of the top folder.
    pub(super) top: String,
    /// All entries below it.
    pub(super) tree: Tree,
    /// Bytes of the files that pack adds.
    pub(super) added: BTreeMap<String, Vec<u8>>,
    /// Files that hold a folder of the build machine, with that folder.
    pub(super) revealing: Vec<(String, String)>,
}

/// Reads the archive at `path`; `forbidden` are folders whose names no file may hold.
///
/// # Errors
/// When the archive is not in canonical form, or a limit is passed.
pub(super) fn read(path: &Path, limits: &Limits, forbidden: &[String]) -> anyhow::Result<Content> {
    let file = std::fs::File::open(path).with_context(|| format!("opening `{}`", path.display()))?;
    let mut input = BufReader::with_capacity(1 << 20, file);
    let mut start = [0; gzip::HEADER.len()];
    input.read_exact(&mut start).context("the archive is cut off")?;
    anyhow::ensure!(start == gzip::HEADER, "the gzip header is not in canonical form");
    let mut content = Content::default();
    let (sender, receiver) = sync_channel::<(String, bool, Vec<u8>)>(WAITING);
    let receiver = Mutex::new(receiver);
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..tree::threads()).map(|_| scope.spawn(|| look_at_all(&receiver, forbidden))).collect();
        let mut gzip = GzDecoder::new(start.as_slice().chain(input));
        let read = archive::read(&mut gzip, limits, |found| take(found, &mut content, &sender));
        drop(sender);
        for worker in workers {
            let seen = worker.join().map_err(|_| anyhow::anyhow!("a thread that reads files panicked"))?;
            for (path, entry, revealed) in seen {
                content.revealing.extend(revealed.map(|folder| (path.clone(), folder)));
                content.tree.insert(path, entry);
            }
        }
        content.top = read?;
        let mut after = [0; 1];
        let rest = gzip.into_inner().read(&mut after).context("reading the end of the archive")?;
        anyhow::ensure!(rest == 0, "there are bytes after the end of the gzip stream");
        content.revealing.sort();
        Ok(content)
    })
}

fn take(
    found: Found,
    content: &mut Content,
    sender: &std::sync::mpsc::SyncSender<(String, bool, Vec<u8>)>,
) -> anyhow::Result<()> {
    let folder = found.path.rsplit_once('/').map(|(folder, _)| folder);
    anyhow::ensure!(
        folder.is_none_or(|folder| content.tree.get(folder) == Some(&Entry::Folder)),
        "`{}` is in a folder that is not there",
        found.path
    );
    match found.entry {
        Entry::File(file) => {
            if ADDED.contains(&found.path.as_str()) {
                content.added.insert(found.path.clone(), found.content.clone());
            }
            sender.send((found.path, file.executable, found.content)).context("the reading threads are gone")
        }
        other => {
            content.tree.insert(found.path, other);
            Ok(())
        }
    }
}

type Seen = (String, Entry, Option<String>);

fn look_at_all(receiver: &Mutex<Receiver<(String, bool, Vec<u8>)>>, forbidden: &[String]) -> Vec<Seen> {
    let mut seen = Vec::new();
    loop {
        let Ok(next) = receiver.lock().map(|receiver| receiver.recv()) else { return seen };
        let Ok((path, executable, bytes)) = next else { return seen };
        let revealed = revealed(&bytes, forbidden);
        seen.push((path, Entry::File(tree::digests(&bytes, executable)), revealed));
    }
}

/// The first folder of the build machine that the bytes name.
fn revealed(bytes: &[u8], forbidden: &[String]) -> Option<String> {
    let text = memchr::memchr(0, bytes).is_none();
    let general = PRIVATE_FOLDERS.iter().filter(|_| text).copied();
    forbidden
        .iter()
        .map(String::as_str)
        .chain(general)
        .find(|folder| memmem::find(bytes, folder.as_bytes()).is_some())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_people_are_seen_in_text_and_given_ones_everywhere() {
        let forbidden = ["/srv/checkout/".to_owned()];
        assert_eq!(revealed(b"# from /home/me/x", &forbidden), Some("/home/".to_owned()));
        assert_eq!(revealed(b"\0/home/me/x", &forbidden), None);
        assert_eq!(revealed(b"\0/srv/checkout/a.c", &forbidden), Some("/srv/checkout/".to_owned()));
        assert_eq!(revealed(b"plain", &forbidden), None);
    }
}
