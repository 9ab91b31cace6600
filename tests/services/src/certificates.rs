//! TLS certificates made for one server: a good one, and those that a client must refuse. Knows no server.
use std::path::{Path, PathBuf};

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

/// Which certificate a server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsCertificate {
    /// For `localhost` and 127.0.0.1, by the CA of [`Certificates::ca_pem_path`].
    #[default]
    Good,
    /// The same, but expired in 2001.
    Expired,
    /// By the same CA, for `elsewhere.example` only.
    WrongName,
    /// For the right names, by a CA that nobody was told of.
    OtherAuthority,
}

impl TlsCertificate {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Good, Self::Expired, Self::WrongName, Self::OtherAuthority];

    fn file(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Expired => "expired",
            Self::WrongName => "wrong-name",
            Self::OtherAuthority => "other-authority",
        }
    }
}

/// Where the files lie, all PEM.
#[derive(Debug, Clone)]
pub struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    /// Makes them all in `folder`. Keys are readable by the user alone.
    pub(crate) fn make(folder: &Path) -> anyhow::Result<Self> {
        let made = Self { folder: folder.to_owned() };
        let authority = authority("warpgrid tests")?;
        let other = self::authority("somebody else")?;
        write(&made.ca_pem_path(), &authority.pem(), 0o644)?;
        write(&made.folder.join("other-ca.pem"), &other.pem(), 0o644)?;
        for kind in TlsCertificate::ALL {
            let issuer = if kind == TlsCertificate::OtherAuthority { &other } else { &authority };
            let key = KeyPair::generate().context("making a key")?;
            let pem = params(kind)?.signed_by(&key, issuer).context("signing a certificate")?.pem();
            write(&made.certificate_pem_path(kind), &pem, 0o644)?;
            write(&made.key_pem_path(kind), &key.serialize_pem(), 0o600)?;
        }
        Ok(made)
    }

    /// The CA that clients are told to trust.
    #[must_use]
    pub fn ca_pem_path(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// One server certificate.
    #[must_use]
    pub fn certificate_pem_path(&self, kind: TlsCertificate) -> PathBuf {
        self.folder.join(format!("{}.pem", kind.file()))
    }

    /// Its key, PKCS #8.
    #[must_use]
    pub fn key_pem_path(&self, kind: TlsCertificate) -> PathBuf {
        self.folder.join(format!("{}.key", kind.file()))
    }
}

fn authority(name: &str) -> anyhow::Result<CertifiedIssuer<'static, KeyPair>> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().context("making a key")?;
    CertifiedIssuer::self_signed(params, key).context("signing a CA")
}

fn params(kind: TlsCertificate) -> anyhow::Result<CertificateParams> {
    let names: &[&str] = match kind {
        TlsCertificate::WrongName => &["elsewhere.example"],
        _ => &["localhost", "127.0.0.1"],
    };
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).context("naming a certificate")?;
    params.distinguished_name.push(DnType::CommonName, "test server");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    if kind == TlsCertificate::Expired {
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2001, 1, 1);
    }
    Ok(params)
}

fn write(path: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(mode)
        .open(path)
        .with_context(|| format!("writing `{}`", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("writing `{}`", path.display()))
}
