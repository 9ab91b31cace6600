//! A host name in one spelling; knows no address.

use alloc::string::String;
use core::borrow::Borrow;
use core::fmt;

/// The longest name, in bytes, without the trailing dot.
const MAX_NAME_BYTES: usize = 253;
/// The longest label, in bytes.
const MAX_LABEL_BYTES: usize = 63;

/// Why a text is not a host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostNameError {
    /// Nothing, or only a dot.
    Empty,
    /// More than 253 bytes.
    TooLong,
    /// A label is empty or longer than 63 bytes.
    Label,
    /// A byte other than letters, digits, `-` and `_`; names in other scripts come as `xn--…`.
    Character,
    /// The last label is a number, such as in `127.1` or `0x7f.1`: some resolvers take that as an address.
    Numeric,
}

impl fmt::Display for HostNameError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            HostNameError::Empty => "the name is empty",
            HostNameError::TooLong => "the name is longer than 253 bytes",
            HostNameError::Label => "a label of the name is empty or longer than 63 bytes",
            HostNameError::Character => "the name holds a character that no host name may hold",
            HostNameError::Numeric => "the name ends in a number, and is not an address in the usual form",
        })
    }
}

impl core::error::Error for HostNameError {}

/// A host name: lower case, without a trailing dot, each label 1 to 63 bytes of `a-z 0-9 - _`, the last one
/// no number. Such a text is never an address for anybody: C libraries read `127.1`, `0x7f.1` and
/// `2130706433` as addresses, and browsers refuse every other name that ends like that.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(String);

impl HostName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`HostNameError`] says what is wrong with the text.
    pub fn new(text: &str) -> Result<Self, HostNameError> {
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() {
            return Err(HostNameError::Empty);
        }
        if text.len() > MAX_NAME_BYTES {
            return Err(HostNameError::TooLong);
        }
        let mut last = "";
        for label in text.split('.') {
            last = label;
            if label.is_empty() || label.len() > MAX_LABEL_BYTES {
                return Err(HostNameError::Label);
            }
            if !label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
                return Err(HostNameError::Character);
            }
        }
        if is_number(last) {
            return Err(HostNameError::Numeric);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a label is a number in a spelling that some resolver takes for a part of an IPv4 address.
fn is_number(label: &str) -> bool {
    let hex = label.strip_prefix("0x").or_else(|| label.strip_prefix("0X"));
    label.bytes().all(|byte| byte.is_ascii_digit())
        || hex.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Names compare as their texts do, so that a map of names can be asked with a text.
impl Borrow<str> for HostName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_one_trailing_dot_do_not_matter() {
        let name = HostName::new("db.production.warp.local").unwrap();
        assert_eq!(HostName::new("DB.Production.warp.local."), Ok(name));
    }

    #[test]
    fn what_is_no_host_name_is_refused() {
        for (text, error) in [
            ("", HostNameError::Empty),
            (".", HostNameError::Empty),
            ("a..b", HostNameError::Label),
            (".a", HostNameError::Label),
            ("a..", HostNameError::Label),
            ("a b", HostNameError::Character),
            ("a\0b", HostNameError::Character),
            ("a/b", HostNameError::Character),
            ("bücher", HostNameError::Character),
        ] {
            assert_eq!(HostName::new(text), Err(error), "{text:?}");
        }
        assert_eq!(HostName::new(&"a".repeat(64)), Err(HostNameError::Label));
        assert!(HostName::new(&"a".repeat(63)).is_ok());
        assert_eq!(HostName::new(&"a.".repeat(150)), Err(HostNameError::TooLong));
        assert!(HostName::new("_service._tcp.xn--bcher-kva.example").is_ok());
    }

    #[test]
    fn the_limits_are_253_bytes_and_63_a_label() {
        let longest = [&"a".repeat(63)[..], &"b".repeat(63), &"c".repeat(63), &"d".repeat(61)].join(".");
        assert_eq!(longest.len(), 253);
        assert!(HostName::new(&longest).is_ok());
        assert!(HostName::new(&std::format!("{longest}.")).is_ok(), "the trailing dot does not count");
        assert_eq!(HostName::new(&std::format!("{longest}d")), Err(HostNameError::TooLong));
    }

    #[test]
    fn what_a_c_library_takes_for_an_address_is_no_name() {
        for text in
            ["127.1", "2130706433", "0x7f.1", "0x7f000001", "0x", "017700000001", "1.2.3", "a.1", "a.0X7F."]
        {
            assert_eq!(HostName::new(text), Err(HostNameError::Numeric), "{text:?}");
        }
        for text in ["1.a", "127.0.0.1.example", "0x7g", "1a", "x0", "3com", "a-1"] {
            assert!(HostName::new(text).is_ok(), "{text:?}");
        }
    }
}
