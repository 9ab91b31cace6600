//! From a folder and a path to what the guest means: virtual, or one name in one real folder; carries out
//! no call.
//!
//! Only descriptors at or above virtual paths are walked here. All others cannot lead to a virtual path,
//! and their calls go to upstream unchanged.
//!
//! The walk goes name by name and keeps the folders it went through:
//!
//! - A name that the virtual map has is virtual, whatever the real folder holds there.
//! - A folder above virtual paths (a passage) is always the map's. If the real folder has a folder of that
//!   name, the two are merged; a real file or symbolic link of that name is hidden.
//! - Any other name is opened below the real folder with `O_NOFOLLOW`, one name at a time. A symbolic link
//!   is read and its parts are walked in its place, so that a link leads to virtual paths exactly as its
//!   text says. An absolute link is refused, as upstream does.
//! - `..` goes back to the folder that was walked through. Above the first folder it is refused.
//!
//! The system is never asked for a path with a slash, for `..`, or to follow a link, so the walk cannot
//! leave the folder, and a rename at the same time cannot turn it around. What is left is one name, which
//! upstream gets without leave to follow it. Passages cannot be renamed or removed by a guest, so that the
//! real folder behind a passage, and the real files hidden in it, have no second path.

use super::namespace::{Namespace, join};
use rustix::fs::{Mode, OFlags, openat, readlinkat};
use rustix::io::Errno;
use std::borrow::Cow;
use std::sync::Arc;
use warpgrid_grants::files::Standing;
use wasmtime_wasi::filesystem::Dir;

/// Symbolic links that one path may lead through, as in Linux.
const MAX_LINKS: usize = 40;
/// The longest path and the longest name, in bytes, as in Linux.
pub(super) const MAX_PATH: usize = 4095;
const MAX_NAME: usize = 255;
/// Folders that a walk may have gone through at its last name, the first one included: each is an open
/// descriptor of the host and a path.
const MAX_DEPTH: usize = 256;

/// What a call does with the last name of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Last {
    /// It means the object, behind a symbolic link or not.
    Object {
        /// Whether a link is followed.
        follow: bool,
        /// Whether a file is made if there is none. Then the path must not end with a slash.
        create: bool,
    },
    /// It makes, removes or renames the name itself.
    Name,
}

/// What stands below a folder in the real file system.
#[derive(Clone)]
pub(super) enum Ground {
    /// Nothing.
    None,
    /// This folder.
    Dir(Dir),
    /// A folder perhaps: a passage in a real folder, not looked at yet.
    Unknown,
}

/// A folder on the way.
#[derive(Clone)]
pub(super) struct Place {
    /// Its absolute path in normal form.
    pub(super) path: String,
    pub(super) ground: Ground,
}

/// What a path means.
pub(super) enum Target {
    /// A virtual file or device.
    File(String),
    /// A virtual folder.
    Folder(String),
    /// A passage with a real folder below it.
    Merged(String, Dir),
    /// A name in a real folder. It is not to be followed, and may end with a slash.
    Real(Dir, String),
    /// Nothing, in a place that the map owns or where no real folder is.
    Missing(String),
}

/// Why a walk ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The path means nothing.
    Error(Errno),
    /// The path leaves the folder.
    Escape,
    /// The real file system must be asked, and the caller did not allow it.
    NeedsSystem,
}

impl From<Errno> for Stop {
    fn from(error: Errno) -> Self {
        Stop::Error(error)
    }
}

/// One walk.
pub(super) struct Walk {
    pub(super) namespace: Arc<Namespace>,
    pub(super) start: Place,
    pub(super) path: String,
    pub(super) last: Last,
}

impl Walk {
    /// Walks the path. With `system`, calls of the system are made, which may block.
    pub(super) fn run(&self, system: bool) -> Result<Target, Stop> {
        check(&self.path)?;
        let mut way = Way {
            namespace: &self.namespace,
            places: vec![self.start.clone()],
            parts: parts(&self.path).rev().map(Cow::Borrowed).collect(),
            wants_folder: self.path.ends_with('/'),
            links: 0,
            last: self.last,
            system,
        };
        while let Some(part) = way.parts.pop() {
            if let Some(target) = way.step(&part)? {
                return Ok(target);
            }
        }
        way.arrived()
    }
}

fn check(path: &str) -> Result<(), Stop> {
    match path.as_bytes() {
        [] => Err(Errno::NOENT.into()),
        bytes if bytes.contains(&0) => Err(Errno::INVAL.into()),
        bytes if bytes.len() > MAX_PATH => Err(Errno::NAMETOOLONG.into()),
        [b'/', ..] => Err(Stop::Escape),
        _ => Ok(()),
    }
}

fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

struct Way<'a> {
    namespace: &'a Namespace,
    /// The folders walked through, the first one first.
    places: Vec<Place>,
    /// What is still to be walked, the next part last.
    parts: Vec<Cow<'a, str>>,
    wants_folder: bool,
    links: usize,
    last: Last,
    system: bool,
}

impl Way<'_> {
    #[expect(clippy::expect_used, reason = "the message says why it cannot happen")]
    fn here(&self) -> &Place {
        self.places.last().expect("a walk never leaves its first place")
    }

    fn step(&mut self, part: &str) -> Result<Option<Target>, Stop> {
        let is_last = self.parts.is_empty();
        if part == "." {
            return Ok(None);
        }
        if part == ".." {
            if self.places.len() == 1 {
                return Err(Stop::Escape);
            }
            self.places.pop();
            return Ok(None);
        }
        if is_last && self.wants_folder && matches!(self.last, Last::Object { create: true, .. }) {
            return Err(Errno::ISDIR.into());
        }
        // Before a folder is opened, and before the map is asked: that costs a look-up for each folder above.
        if self.places.len() > MAX_DEPTH || self.here().path.len() + 1 + part.len() > MAX_PATH {
            return Err(Errno::NAMETOOLONG.into());
        }
        let path = join(&self.here().path, part);
        let names_it = is_last && self.last == Last::Name;
        match self.namespace.standing(&path) {
            Standing::File if is_last && (names_it || !self.wants_folder) => Ok(Some(Target::File(path))),
            Standing::File => Err(Errno::NOTDIR.into()),
            Standing::Missing => self.missing(path, part, is_last),
            Standing::Folder | Standing::Passage if names_it => Ok(Some(Target::Folder(path))),
            Standing::Folder => {
                self.places.push(Place { path, ground: Ground::None });
                Ok(None)
            }
            Standing::Passage => {
                let ground = self.passage(&path, part)?;
                self.places.push(Place { path, ground });
                Ok(None)
            }
            Standing::Ordinary => self.ordinary(path, part, is_last),
        }
    }

    fn missing(&self, path: String, part: &str, is_last: bool) -> Result<Option<Target>, Stop> {
        if part.len() > MAX_NAME {
            return Err(Errno::NAMETOOLONG.into());
        }
        if is_last { Ok(Some(Target::Missing(path))) } else { Err(Errno::NOENT.into()) }
    }

    /// What lies below a passage.
    fn passage(&self, path: &str, part: &str) -> Result<Ground, Stop> {
        match &self.here().ground {
            Ground::None => {
                Ok(self.namespace.mount(path).map_or(Ground::None, |dir| Ground::Dir(dir.clone())))
            }
            Ground::Dir(dir) if self.system => match open_folder(dir, part) {
                Ok(folder) => Ok(Ground::Dir(folder)),
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(Ground::None),
                Err(error) => Err(error.into()),
            },
            Ground::Dir(_) | Ground::Unknown => Ok(Ground::Unknown),
        }
    }

    fn ordinary(&mut self, path: String, part: &str, is_last: bool) -> Result<Option<Target>, Stop> {
        let dir = match &self.here().ground {
            Ground::Dir(dir) => dir.clone(),
            Ground::Unknown => return Err(Stop::NeedsSystem),
            Ground::None => {
                let ground = match self.namespace.mount(&path) {
                    Some(dir) => Ground::Dir(dir.clone()),
                    None if self.namespace.leads_to_mount(&path) => Ground::None,
                    None => return self.missing(path, part, is_last),
                };
                if is_last && self.last == Last::Name {
                    return Ok(Some(Target::Folder(path)));
                }
                self.places.push(Place { path, ground });
                return Ok(None);
            }
        };
        let enters = !is_last || (self.wants_folder && self.last != Last::Name);
        let follows = enters || matches!(self.last, Last::Object { follow: true, .. });
        if follows && !self.system {
            return Err(Stop::NeedsSystem);
        }
        if enters {
            match open_folder(&dir, part) {
                Ok(folder) => {
                    self.places.push(Place { path, ground: Ground::Dir(folder) });
                    return Ok(None);
                }
                Err(Errno::NOTDIR | Errno::LOOP) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if follows {
            match readlinkat(&dir.dir, part, Vec::new()) {
                Ok(link) => {
                    let link = link.to_str().map_err(|_| Errno::ILSEQ)?;
                    self.follow(link, is_last)?;
                    return Ok(None);
                }
                Err(Errno::INVAL) if enters => return Err(Errno::NOTDIR.into()),
                Err(error) if enters => return Err(error.into()),
                // Not a link, or nothing: upstream says what it is.
                Err(_) => {}
            }
        }
        let slash = if self.wants_folder { "/" } else { "" };
        Ok(Some(Target::Real(dir, format!("{part}{slash}"))))
    }

    fn follow(&mut self, link: &str, is_last: bool) -> Result<(), Stop> {
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(Errno::LOOP.into());
        }
        check(link)?;
        self.wants_folder |= is_last && link.ends_with('/');
        self.parts.extend(parts(link).rev().map(|part| Cow::Owned(part.to_owned())));
        Ok(())
    }

    /// The path ended at a folder.
    fn arrived(self) -> Result<Target, Stop> {
        let Place { path, ground } = self.here().clone();
        match ground {
            Ground::None => Ok(Target::Folder(path)),
            Ground::Unknown => Err(Stop::NeedsSystem),
            Ground::Dir(dir) if self.namespace.standing(&path) == Standing::Passage => {
                Ok(Target::Merged(path, dir))
            }
            Ground::Dir(dir) => Ok(Target::Real(dir, ".".to_owned())),
        }
    }
}

/// Opens the folder `name` in `dir`. `name` is one part of a path, and not `..`.
fn open_folder(dir: &Dir, name: &str) -> Result<Dir, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = openat(&dir.dir, name, flags, Mode::empty())?;
    Ok(Dir::new(folder.into(), dir.perms, dir.open_mode, false))
}
