//! From what a guest writes to the one spelling of a name; knows no address.

use idna::AsciiDenyList;
use warpgrid_grants::names::{HostName, HostNameError};

/// The longest text that is looked at, in bytes: a name of 253 bytes is shorter than this in any script.
const MAX_TEXT_BYTES: usize = 1024;

/// Reads a name. A name in another script becomes its `xn--` form (UTS 46, as browsers do it).
pub(super) fn host_name(text: &str) -> Result<HostName, HostNameError> {
    if text.is_ascii() {
        return HostName::new(text);
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(HostNameError::TooLong);
    }
    let ascii = idna::domain_to_ascii_cow(text.as_bytes(), AsciiDenyList::URL)
        .map_err(|_| HostNameError::Character)?;
    HostName::new(&ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_another_script_becomes_its_ascii_form() {
        for (text, expected) in [
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.Example.", "xn--bcher-kva.example"),
            ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
            ("ｄｂ.warp.local", "db.warp.local"),
            ("faß.example", "xn--fa-hia.example"),
        ] {
            assert_eq!(host_name(text).as_ref().map(HostName::as_str), Ok(expected), "{text}");
        }
    }

    #[test]
    fn an_address_in_disguise_is_no_name() {
        for text in ["１２７.0.0.1", "127。0。0。1", "①②⑦.1", "0ｘ7f.1"] {
            assert_eq!(host_name(text), Err(HostNameError::Numeric), "{text}");
        }
    }

    #[test]
    fn what_no_script_writes_is_refused() {
        for text in ["ü ü", "ü\0", "ü/", "a..ü", "\u{202e}ü", "xn--ü"] {
            assert!(host_name(text).is_err(), "{text:?}");
        }
        assert_eq!(host_name(&"ü".repeat(1000)), Err(HostNameError::TooLong));
        assert_eq!(host_name(&"ü".repeat(100)), Err(HostNameError::Label));
        assert_eq!(host_name(&"a".repeat(300)), Err(HostNameError::TooLong));
    }
}
