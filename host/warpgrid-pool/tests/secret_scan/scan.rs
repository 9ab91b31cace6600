//! Looking for secrets in every form in which they may be written; knows nothing of pools.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::fmt::Debug;

/// What is looked for, and where.
#[derive(Default)]
pub(crate) struct Scan {
    pub(crate) secrets: Vec<String>,
    pub(crate) texts: Vec<(String, Vec<u8>)>,
}

impl Scan {
    /// From now on this is looked for, also in what was collected before.
    pub(crate) fn hide(&mut self, secret: &str) -> String {
        assert!(secret.len() >= 8, "a short secret is found by chance");
        if !self.secrets.iter().any(|known| known == secret) {
            self.secrets.push(secret.to_owned());
        }
        secret.to_owned()
    }

    pub(crate) fn look(&mut self, place: &str, text: impl Into<Vec<u8>>) {
        self.texts.push((place.to_owned(), text.into()));
    }

    pub(crate) fn look_at_debug(&mut self, place: &str, value: &dyn Debug) {
        self.look(place, format!("{value:?}\n{value:#?}"));
    }

    /// Where which form of which secret was found. The secret itself is named by its number.
    pub(crate) fn found(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (number, secret) in self.secrets.iter().enumerate() {
            for (form, needle) in forms(secret) {
                for (place, text) in &self.texts {
                    if let Some(at) = text.windows(needle.len()).position(|window| window == needle) {
                        let before = String::from_utf8_lossy(&text[at.saturating_sub(200)..at]);
                        found.push(format!("secret {number} as {form} in {place}, after: {before}"));
                    }
                }
            }
        }
        found
    }
}

/// The ways in which a secret may be written.
fn forms(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = secret.as_bytes();
    let list = |separator: &str| {
        bytes.iter().map(ToString::to_string).collect::<Vec<_>>().join(separator).into_bytes()
    };
    let hex = |separator: &str, upper: bool| {
        let digits =
            bytes.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        digits.collect::<Vec<_>>().join(separator).into_bytes()
    };
    let mut forms = vec![
        ("itself", bytes.to_vec()),
        ("numbers", list(", ")),
        ("numbers without spaces", list(",")),
        ("hexadecimal", hex("", false)),
        ("upper hexadecimal", hex("", true)),
        ("hexadecimal with spaces", hex(" ", false)),
        ("hexadecimal with commas", hex(", ", false)),
        ("reversed", bytes.iter().rev().copied().collect()),
        ("the first half", bytes[..bytes.len().div_ceil(2).max(8)].to_vec()),
    ];
    // In the middle of something longer base64 looks different by where it begins; the ends depend on the neighbours.
    for skip in 0..3 {
        let inner = &bytes[skip..skip + (bytes.len() - skip) / 3 * 3];
        forms.push(("base64", STANDARD_NO_PAD.encode(inner).into_bytes()));
        forms.push(("base64 for addresses", URL_SAFE_NO_PAD.encode(inner).into_bytes()));
    }
    forms
}

#[test]
fn a_secret_is_found_in_every_form() {
    let secret = "Sesame?open>8";
    for text in [
        "password=Sesame?open>8;".to_owned(),
        format!("{:?}", secret.as_bytes()),
        format!("{:x?}", secret.as_bytes()),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        secret.bytes().map(|byte| format!("{byte:02X}")).collect(),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(format!("user:{secret}")),
        STANDARD_NO_PAD.encode(format!("me:{secret}@")),
        secret.chars().rev().collect(),
    ] {
        let mut scan = Scan::default();
        scan.hide(secret);
        scan.look("a text", text.clone());
        assert!(!scan.found().is_empty(), "{text}");
    }
    let mut scan = Scan::default();
    scan.hide(secret);
    scan.look("a text", "Secret(..), Sesame, open");
    assert!(scan.found().is_empty());
}
