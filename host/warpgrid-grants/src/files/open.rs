//! An open virtual file: read and write at an offset; knows no position and no handle numbers.

use super::{Content, FileBytes, FileKind, FsError, RandomSource, VirtualStat};
use crate::limits::GuestLimits;
use alloc::borrow::Cow;
use alloc::vec;

/// What an open file reads from.
#[derive(Clone)]
enum Source {
    Bytes(FileBytes),
    Null,
    Random,
}

/// What an open file reads from, for a door that reads by other means than [`OpenFile::read`].
#[derive(Clone)]
pub enum Behind<'a> {
    /// These bytes.
    Bytes(&'a FileBytes),
    /// Nothing; takes everything.
    Null,
    /// Random bytes without end.
    Random,
}

/// An open virtual file. Its bytes are those of the moment it was opened.
#[derive(Clone)]
pub struct OpenFile {
    source: Source,
    stat: VirtualStat,
}

impl OpenFile {
    pub(super) fn new(content: &Content, inode: u64) -> Self {
        let source = match content {
            Content::Bytes(bytes) => Source::Bytes(bytes.clone()),
            Content::Generated(make) => Source::Bytes(make()),
            Content::NullDevice => Source::Null,
            Content::RandomDevice => Source::Random,
        };
        let size = match &source {
            Source::Bytes(bytes) => bytes.as_ref().len() as u64,
            Source::Null | Source::Random => 0,
        };
        let writable = matches!(source, Source::Null);
        Self { source, stat: VirtualStat { kind: content.kind(), size, writable, inode } }
    }

    /// At most `length` bytes from `offset`, cut to `limits.read_bytes`. Fewer at the end, none behind it.
    ///
    /// # Errors
    /// [`FsError::Io`] when `random` fails.
    pub fn read(
        &self,
        offset: u64,
        length: u32,
        limits: &GuestLimits,
        random: &mut dyn RandomSource,
    ) -> Result<Cow<'_, [u8]>, FsError> {
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(limits.read_bytes);
        match &self.source {
            Source::Bytes(bytes) => {
                let bytes = bytes.as_ref();
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let end = start.saturating_add(length).min(bytes.len());
                Ok(Cow::Borrowed(&bytes[start..end]))
            }
            Source::Null => Ok(Cow::Borrowed(&[])),
            Source::Random => {
                let mut bytes = vec![0; length];
                random.fill(&mut bytes).map_err(|_| FsError::Io)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }

    /// Everything, for a read of the whole file: an endless device gives `limits.device_bytes`.
    ///
    /// # Errors
    /// [`FsError::TooLarge`] above `limits.read_bytes`, [`FsError::Io`] when `random` fails.
    pub fn read_all(
        &self,
        limits: &GuestLimits,
        random: &mut dyn RandomSource,
    ) -> Result<Cow<'_, [u8]>, FsError> {
        if self.stat.size > limits.read_bytes as u64 {
            return Err(FsError::TooLarge { size: self.stat.size, limit: limits.read_bytes });
        }
        let length = match self.stat.kind {
            FileKind::CharacterDevice => limits.device_bytes,
            FileKind::Regular | FileKind::Directory => limits.read_bytes,
        };
        self.read(0, u32::try_from(length).unwrap_or(u32::MAX), limits, random)
    }

    /// Takes `data` and says how many bytes were taken.
    ///
    /// # Errors
    /// [`FsError::ReadOnly`] for everything but the null device.
    pub fn write(&self, data: &[u8]) -> Result<u64, FsError> {
        match self.source {
            Source::Null => Ok(data.len() as u64),
            Source::Bytes(_) | Source::Random => Err(FsError::ReadOnly),
        }
    }

    /// What the file reads from.
    pub fn behind(&self) -> Behind<'_> {
        match &self.source {
            Source::Bytes(bytes) => Behind::Bytes(bytes),
            Source::Null => Behind::Null,
            Source::Random => Behind::Random,
        }
    }

    /// What was opened.
    pub fn stat(&self) -> VirtualStat {
        self.stat
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::RandomFailed;

    struct Counting(u8);
    impl RandomSource for Counting {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
            for byte in bytes {
                self.0 = self.0.wrapping_add(1);
                *byte = self.0;
            }
            Ok(())
        }
    }

    struct Broken;
    impl RandomSource for Broken {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), RandomFailed> {
            Err(RandomFailed)
        }
    }

    #[test]
    fn a_file_is_read_in_any_pieces() {
        let file = OpenFile::new(&Content::Bytes("hello".into()), 1);
        let limits = GuestLimits::default();
        for (offset, length, expected) in [
            (0, 1, &b"h"[..]),
            (1, 16, b"ello"),
            (5, 1, b""),
            (6, 1, b""),
            (u64::MAX, u32::MAX, b""),
            (0, 0, b""),
            (0, u32::MAX, b"hello"),
        ] {
            let read = file.read(offset, length, &limits, &mut Broken).unwrap();
            assert_eq!(&*read, expected, "{offset} {length}");
        }
    }

    #[test]
    fn the_null_device_gives_nothing_and_takes_everything() {
        let file = OpenFile::new(&Content::NullDevice, 1);
        let limits = GuestLimits::default();
        assert!(file.read(0, 100, &limits, &mut Broken).unwrap().is_empty());
        assert!(file.read_all(&limits, &mut Broken).unwrap().is_empty());
        assert_eq!(file.write(b"abc"), Ok(3));
        assert!(file.stat().writable);
    }

    #[test]
    fn the_random_device_gives_new_bytes_at_each_read_and_never_more_than_the_limit() {
        let file = OpenFile::new(&Content::RandomDevice, 1);
        let limits = GuestLimits { read_bytes: 64, device_bytes: 8, ..GuestLimits::default() };
        let mut random = Counting(0);
        let first = file.read(0, 32, &limits, &mut random).unwrap();
        let second = file.read(0, 32, &limits, &mut random).unwrap();
        assert_ne!(first, second);
        assert_eq!(file.read(0, u32::MAX, &limits, &mut random).unwrap().len(), 64);
        assert_eq!(file.read_all(&limits, &mut random).unwrap().len(), 8);
        assert_eq!(file.read(0, 1, &limits, &mut Broken), Err(FsError::Io));
        assert_eq!(file.write(b"seed"), Err(FsError::ReadOnly));
    }

    #[test]
    fn a_file_that_is_too_large_for_one_call_says_so_and_can_be_read_in_pieces() {
        let file = OpenFile::new(&Content::Bytes("0123456789".into()), 1);
        let limits = GuestLimits { read_bytes: 4, ..GuestLimits::default() };
        assert_eq!(file.read_all(&limits, &mut Broken), Err(FsError::TooLarge { size: 10, limit: 4 }));
        assert_eq!(&*file.read(8, 100, &limits, &mut Broken).unwrap(), b"89");
        assert_eq!(file.write(b"x"), Err(FsError::ReadOnly));
    }
}
