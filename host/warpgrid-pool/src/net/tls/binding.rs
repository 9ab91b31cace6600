//! The channel binding `tls-server-end-point` of a certificate; knows no connection.

use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Reader, TagMode, TagNumber};
use x509_cert::spki::{AlgorithmIdentifierOwned, AlgorithmIdentifierRef};

/// The hash of a certificate as RFC 5929, section 4.1 wants it: by the hash of the certificate's own signature, with
/// SHA-256 in place of MD5 and SHA-1. None for a signature that has no such hash, or none that is known.
pub(super) fn server_end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let signature = Certificate::from_der(certificate).ok()?.signature_algorithm;
    Some(match signature_hash(&signature)? {
        Hash::Sha224 => Sha224::digest(certificate).to_vec(),
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// RSASSA-PSS (RFC 4055, section 3.1) names its hash in its parameters.
const RSASSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");

fn signature_hash(signature: &AlgorithmIdentifierOwned) -> Option<Hash> {
    if signature.oid == RSASSA_PSS {
        return pss_hash(signature);
    }
    // RFC 3279, 4055 and 5758.
    Some(match signature.oid.to_string().as_str() {
        "1.2.840.113549.1.1.4" | "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" => Hash::Sha256,
        "1.2.840.113549.1.1.14" | "1.2.840.10045.4.3.1" => Hash::Sha224,
        "1.2.840.113549.1.1.11" | "1.2.840.10045.4.3.2" => Hash::Sha256,
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Hash::Sha384,
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => Hash::Sha512,
        _ => return None,
    })
}

fn pss_hash(signature: &AlgorithmIdentifierOwned) -> Option<Hash> {
    let Some(parameters) = &signature.parameters else { return Some(Hash::Sha256) };
    let hash = parameters
        .sequence(|reader| {
            let hash = reader
                .context_specific::<AlgorithmIdentifierRef<'_>>(TagNumber::N0, TagMode::Explicit)?
                .map(|algorithm| algorithm.oid);
            // The mask, the length of the salt and the trailer do not matter here.
            reader.read_slice(reader.remaining_len())?;
            Ok(hash)
        })
        .ok()?;
    let Some(hash) = hash else { return Some(Hash::Sha256) };
    Some(match hash.to_string().as_str() {
        // MD5, and SHA-1, which is also the default.
        "1.2.840.113549.2.5" | "1.3.14.3.2.26" => Hash::Sha256,
        "2.16.840.1.101.3.4.2.4" => Hash::Sha224,
        "2.16.840.1.101.3.4.2.1" => Hash::Sha256,
        "2.16.840.1.101.3.4.2.2" => Hash::Sha384,
        "2.16.840.1.101.3.4.2.3" => Hash::Sha512,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_cert::der::Any;

    fn algorithm(oid: &str, parameters: Option<&[u8]>) -> AlgorithmIdentifierOwned {
        AlgorithmIdentifierOwned {
            oid: ObjectIdentifier::new(oid).unwrap(),
            parameters: parameters.map(|der| Any::from_der(der).unwrap()),
        }
    }

    #[test]
    fn old_hashes_become_sha_256_and_others_stay() {
        for (oid, hash) in [
            ("1.2.840.113549.1.1.4", Some(Hash::Sha256)),
            ("1.2.840.113549.1.1.5", Some(Hash::Sha256)),
            ("1.2.840.10045.4.1", Some(Hash::Sha256)),
            ("1.2.840.113549.1.1.11", Some(Hash::Sha256)),
            ("1.2.840.113549.1.1.12", Some(Hash::Sha384)),
            ("1.2.840.113549.1.1.13", Some(Hash::Sha512)),
            ("1.2.840.10045.4.3.3", Some(Hash::Sha384)),
            ("1.3.101.112", None),
        ] {
            assert_eq!(signature_hash(&algorithm(oid, None)), hash, "{oid}");
        }
    }

    #[test]
    fn pss_says_its_hash_in_its_parameters() {
        let pss = "1.2.840.113549.1.1.10";
        // SEQUENCE { [0] SEQUENCE { sha384, NULL } }
        let sha384 = [
            0x30, 0x11, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02,
            0x02, 0x05, 0x00,
        ];
        assert_eq!(signature_hash(&algorithm(pss, Some(&sha384))), Some(Hash::Sha384));
        assert_eq!(
            signature_hash(&algorithm(pss, Some(&[0x30, 0x00]))),
            Some(Hash::Sha256),
            "SHA-1 by default"
        );
        assert_eq!(signature_hash(&algorithm(pss, Some(&[0x05, 0x00]))), None, "no parameters of PSS");
    }

    #[test]
    fn what_is_no_certificate_binds_nothing() {
        assert_eq!(server_end_point(b"not a certificate"), None);
    }
}
