//! Looks for a word in the program's own memory; the program is never told the word itself.

use super::Result;

/// A word, kept so that its bytes are nowhere in memory: each bit is turned round.
pub struct HiddenWord(Vec<u8>);

impl HiddenWord {
    /// Reads two hexadecimal digits for each byte of the word, all bits of it turned round.
    ///
    /// # Errors
    /// When the text is empty or not of that form.
    pub fn parse(text: &str) -> Result<Self> {
        let pairs =
            text.as_bytes().chunks(2).map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?));
        let bytes: Result<Vec<u8>> = pairs.collect();
        let bytes = bytes?;
        if bytes.is_empty() { Err("an empty word".into()) } else { Ok(Self(bytes)) }
    }

    /// Whether the word is anywhere in the linear memory: heap, stacks, constants, and what was freed.
    pub fn is_in_memory(&self) -> bool {
        let end = core::arch::wasm32::memory_size(0) * 64 * 1024;
        // Address 0 is left out: nothing of a program is there.
        (1..=end.saturating_sub(self.0.len())).any(|start| self.is_at(start))
    }

    fn is_at(&self, start: usize) -> bool {
        // SAFETY: the whole linear memory can be read, and `start` plus the length of the word is inside it. Volatile,
        // since the compiler knows nothing about these places.
        let byte = |offset| unsafe { ((start + offset) as *const u8).read_volatile() };
        self.0.iter().enumerate().all(|(offset, hidden)| byte(offset) == !hidden)
    }
}

/// Prints for each hidden word whether it is in memory.
///
/// # Errors
/// When a word is not of the form that [`HiddenWord::parse`] reads.
pub fn report(words: &[&str]) -> Result<()> {
    for word in words {
        println!("in memory: {}", HiddenWord::parse(word)?.is_in_memory());
    }
    Ok(())
}
