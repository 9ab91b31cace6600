//! Compresses a stream with several threads so that the bytes do not depend on how many; knows nothing of tar.
//!
//! The stream is cut into blocks of a fixed length. Each block is compressed alone, with the end of the block before
//! it as dictionary, and ends on a whole byte; the blocks in a row are one ordinary gzip member. So the result
//! depends on the input, the level and the version of the compressor only.
use std::io::{self, Write};

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// Length of a block before compression.
const BLOCK: usize = 1 << 20;
/// How far back deflate can refer.
const WINDOW: usize = 32 << 10;
/// No name, no time, unknown system.
pub(super) const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A writer that compresses what is written to it; [`Gzip::finish`] must be called.
pub(super) struct Gzip<W> {
    inner: W,
    level: u32,
    threads: usize,
    /// Bytes not yet compressed, at most `threads` blocks and one more.
    waiting: Vec<u8>,
    /// End of what was compressed last.
    dictionary: Vec<u8>,
    sum: Crc,
    started: bool,
}

impl<W: Write> Gzip<W> {
    /// Compresses to `inner` at `level` (0 to 9) on `threads` threads.
    pub(super) fn new(inner: W, level: u32, threads: usize) -> Self {
        Self {
            inner,
            level,
            threads: threads.max(1),
            waiting: Vec::new(),
            dictionary: Vec::new(),
            sum: Crc::new(),
            started: false,
        }
    }

    /// Writes the rest and the trailer, and gives the inner writer back.
    ///
    /// # Errors
    /// When the inner writer fails.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.compress(true)?;
        self.inner.write_all(&self.sum.sum().to_le_bytes())?;
        self.inner.write_all(&self.sum.amount().to_le_bytes())?;
        Ok(self.inner)
    }

    /// Compresses all whole blocks, or everything when it is the `last` time.
    fn compress(&mut self, last: bool) -> io::Result<()> {
        if !self.started {
            self.inner.write_all(&HEADER)?;
            self.started = true;
        }
        let length = if last { self.waiting.len() } else { self.waiting.len() / BLOCK * BLOCK };
        let rest = self.waiting.split_off(length);
        let data = std::mem::replace(&mut self.waiting, rest);
        // A last empty block ends the stream even when nothing is left.
        let mut blocks: Vec<&[u8]> = data.chunks(BLOCK).collect();
        if last && blocks.is_empty() {
            blocks.push(&[]);
        }
        let count = blocks.len();
        let mut dictionary = std::mem::take(&mut self.dictionary);
        for (start, batch) in blocks.chunks(self.threads).enumerate() {
            let level = self.level;
            let first = start * self.threads;
            let results = std::thread::scope(|scope| {
                let mut workers = Vec::new();
                for (index, block) in batch.iter().enumerate() {
                    let before = if index == 0 { dictionary.as_slice() } else { tail(batch[index - 1]) };
                    let end = last && first + index + 1 == count;
                    workers.push(scope.spawn(move || deflate(block, before, level, end)));
                }
                workers.into_iter().map(|worker| worker.join()).collect::<Vec<_>>()
            });
            for result in results {
                let (bytes, sum) =
                    result.map_err(|_| io::Error::other("a compressing thread panicked"))??;
                self.inner.write_all(&bytes)?;
                self.sum.combine(&sum);
            }
            if let Some(block) = batch.last() {
                dictionary = tail(block).to_vec();
            }
        }
        self.dictionary = dictionary;
        Ok(())
    }
}

impl<W: Write> Write for Gzip<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let room = (self.threads * BLOCK).saturating_sub(self.waiting.len()).max(1);
        let taken = buffer.len().min(room);
        self.waiting.extend_from_slice(&buffer[..taken]);
        if self.waiting.len() >= self.threads * BLOCK {
            self.compress(false)?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn tail(block: &[u8]) -> &[u8] {
    &block[block.len().saturating_sub(WINDOW)..]
}

/// One block as raw deflate, ending on a whole byte, or ending the stream.
fn deflate(block: &[u8], dictionary: &[u8], level: u32, end: bool) -> io::Result<(Vec<u8>, Crc)> {
    let mut sum = Crc::new();
    sum.update(block);
    let mut compressor = Compress::new(Compression::new(level), false);
    if !dictionary.is_empty() {
        compressor.set_dictionary(dictionary).map_err(io::Error::other)?;
    }
    let flush = if end { FlushCompress::Finish } else { FlushCompress::Sync };
    let mut out = Vec::with_capacity(block.len() / 2 + 1024);
    loop {
        let consumed = usize::try_from(compressor.total_in()).map_err(io::Error::other)?;
        let status =
            compressor.compress_vec(&block[consumed..], &mut out, flush).map_err(io::Error::other)?;
        let room_left = out.len() < out.capacity();
        match status {
            Status::StreamEnd => break,
            // A flush is complete only when it did not fill the room it had.
            _ if !end && room_left && compressor.total_in() == block.len() as u64 => break,
            _ => out.reserve(64 << 10),
        }
    }
    Ok((out, sum))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn compress(data: &[u8], threads: usize, step: usize) -> Vec<u8> {
        let mut gzip = Gzip::new(Vec::new(), 6, threads);
        for part in data.chunks(step.max(1)) {
            gzip.write_all(part).unwrap();
        }
        gzip.finish().unwrap()
    }

    #[test]
    fn the_bytes_do_not_depend_on_threads_or_on_how_they_came() {
        let data: Vec<u8> = (0..5 * BLOCK / 2).map(|index| (index * index / 7 % 251) as u8).collect();
        let one = compress(&data, 1, BLOCK);
        for (threads, step) in [(2, BLOCK), (3, 1000), (8, data.len())] {
            assert!(compress(&data, threads, step) == one, "{threads} threads, steps of {step}");
        }
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(one.as_slice()).read_to_end(&mut back).unwrap();
        assert!(back == data);
    }

    #[test]
    fn whole_blocks_and_nothing_at_all_are_streams_too() {
        for length in [0, 1, BLOCK, 2 * BLOCK] {
            let data = vec![7; length];
            let mut back = Vec::new();
            flate2::read::GzDecoder::new(compress(&data, 2, BLOCK).as_slice())
                .read_to_end(&mut back)
                .unwrap();
            assert_eq!(back.len(), length);
        }
    }
}
