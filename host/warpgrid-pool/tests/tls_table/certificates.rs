//! Certificates, good and bad, made on the spot; knows no connection.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, GeneralSubtree,
    IsCa, KeyPair, KeyUsagePurpose, NameConstraints, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Who signs.
pub(crate) type Authority = CertifiedIssuer<'static, KeyPair>;

/// A chain, the server's own certificate first, and its key.
pub(crate) struct Shown {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
    /// The server's own, in PEM form.
    pub(crate) pem: String,
}

fn authority_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

pub(crate) fn authority(name: &str) -> Authority {
    CertifiedIssuer::self_signed(authority_params(name), KeyPair::generate().unwrap()).unwrap()
}

/// Signs for names under `orders.example` only.
pub(crate) fn narrow_authority() -> Authority {
    let mut params = authority_params("narrow");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("orders.example".into())],
        excluded_subtrees: Vec::new(),
    });
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// An authority that another signed, changed by `change`.
pub(crate) fn intermediate(signer: &Authority, change: impl FnOnce(&mut CertificateParams)) -> Authority {
    let mut params = authority_params("between");
    change(&mut params);
    CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), signer).unwrap()
}

pub(crate) fn expired(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(2001, 1, 1);
}

pub(crate) fn of_the_future(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2200, 1, 1);
}

pub(crate) fn no_authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::ExplicitNoCa;
}

pub(crate) fn for_clients(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
}

pub(crate) fn for_servers(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
}

/// As `openssl req -x509` makes them: marked as an authority.
pub(crate) fn as_openssl_does(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

pub(crate) fn unchanged(_: &mut CertificateParams) {}

fn params(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, "db.example");
    change(&mut params);
    params
}

/// A certificate for these names by `signer`. `between` is shown with it.
pub(crate) fn signed(
    names: &[&str],
    signer: &Authority,
    between: &[&Authority],
    change: impl FnOnce(&mut CertificateParams),
) -> Shown {
    let key = KeyPair::generate().unwrap();
    let certificate = params(names, change).signed_by(&key, signer).unwrap();
    let chain =
        [certificate.der().clone()].into_iter().chain(between.iter().map(|between| between.der().clone()));
    Shown { chain: chain.collect(), key: key.serialize_der().try_into().unwrap(), pem: certificate.pem() }
}

/// A certificate with a key of another kind.
pub(crate) fn with_key(signer: &Authority, kind: &'static rcgen::SignatureAlgorithm) -> Shown {
    let key = KeyPair::generate_for(kind).unwrap();
    let certificate = params(&["db.example"], unchanged).signed_by(&key, signer).unwrap();
    Shown {
        chain: vec![certificate.der().clone()],
        key: key.serialize_der().try_into().unwrap(),
        pem: certificate.pem(),
    }
}

/// A certificate that nobody else signed.
pub(crate) fn self_signed(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Shown {
    let key = KeyPair::generate().unwrap();
    let certificate = params(names, change).self_signed(&key).unwrap();
    Shown {
        chain: vec![certificate.der().clone()],
        key: key.serialize_der().try_into().unwrap(),
        pem: certificate.pem(),
    }
}
