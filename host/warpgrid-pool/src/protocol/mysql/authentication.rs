//! The client's side of the authentication plugins; reads no packets.
//!
//! Sources: the protocol chapters "Authentication Methods" of MySQL and "Authentication plugins" of MariaDB.

use mysql_common::crypto::{der as mysql_der, rsa};
use mysql_common::packets::AuthPlugin;
use mysql_common::scramble::{create_response_for_ed25519, scramble_native, scramble_sha256};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject;
use x509_cert::der::asn1::UintRef;
use x509_cert::der::{Decode, Reader, SliceReader};
use x509_cert::spki::SubjectPublicKeyInfoRef;
use zeroize::Zeroizing;

/// How long the scramble is for all plugins but Ed25519.
pub(super) const SCRAMBLE_BYTES: usize = 20;
/// `caching_sha2_password`: the server knew the password's hash.
const FAST: &[u8] = &[3];
/// `caching_sha2_password`: the server wants the password itself.
const FULL: &[u8] = &[4];
/// `caching_sha2_password`: asks for the server's public key.
const KEY_REQUEST: u8 = 2;

/// What the way to the server is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Encrypted, or a Unix socket: a password may pass as it is.
    Private,
    /// TCP within this machine.
    Loopback,
    /// TCP to elsewhere, not encrypted.
    Open,
}

/// The host's side of an authentication.
pub(super) struct Authentication<'a> {
    password: &'a [u8],
    way: Way,
    plugin: AuthPlugin<'static>,
    scramble: Vec<u8>,
    key_asked: bool,
}

impl<'a> Authentication<'a> {
    /// Before the server has named a plugin. No password is an empty one.
    pub(super) fn new(password: &'a [u8], way: Way) -> Self {
        let plugin = AuthPlugin::MysqlNativePassword;
        Self { password, way, plugin, scramble: Vec::new(), key_asked: false }
    }

    /// The plugin that is spoken.
    pub(super) fn plugin(&self) -> &AuthPlugin<'static> {
        &self.plugin
    }

    /// Begins as the greeting says. A plugin that is not known is left to the server to switch away from.
    pub(super) fn greet(&mut self, name: Option<&[u8]>, scramble: &[u8]) -> Zeroizing<Vec<u8>> {
        let name = name.unwrap_or(b"mysql_native_password");
        match self.switch(name, scramble) {
            Ok(answer) => answer,
            Err(_) => {
                self.plugin = AuthPlugin::MysqlNativePassword;
                Zeroizing::new(Vec::new())
            }
        }
    }

    /// Begins with the plugin that the server asks for.
    ///
    /// # Errors
    /// Why this plugin is not spoken, or not here.
    pub(super) fn switch(&mut self, name: &[u8], scramble: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
        self.plugin = AuthPlugin::from_bytes(name).into_owned();
        self.key_asked = false;
        let short = scramble.get(..SCRAMBLE_BYTES);
        let needed = || short.ok_or_else(|| "the server's scramble is too short".to_owned());
        let answer = match self.plugin {
            AuthPlugin::MysqlNativePassword => {
                self.scramble = needed()?.to_vec();
                scramble_native(&self.scramble, self.password)
                    .map(|answer| answer.to_vec())
                    .unwrap_or_default()
            }
            AuthPlugin::CachingSha2Password => {
                self.scramble = needed()?.to_vec();
                scramble_sha256(&self.scramble, self.password)
                    .map(|answer| answer.to_vec())
                    .unwrap_or_default()
            }
            AuthPlugin::Ed25519 => {
                let nonce = scramble.get(..32).ok_or("the server's nonce for client_ed25519 is too short")?;
                create_response_for_ed25519(self.password, nonce).to_vec()
            }
            AuthPlugin::MysqlClearPassword if self.way == Way::Private => return Ok(self.clear()),
            AuthPlugin::MysqlClearPassword => {
                return Err(
                    "the server wants the password in clear text (mysql_clear_password), and the connection \
                            is not encrypted; switch on `tls` for the binding"
                        .into(),
                );
            }
            AuthPlugin::MysqlOldPassword => {
                return Err(
                    "the server wants mysql_old_password, which is not safe; set the user's password anew"
                        .into(),
                );
            }
            AuthPlugin::Other(ref name) => {
                return Err(format!(
                    "the server wants the authentication plugin `{}`, which is not known here",
                    super::packet::shortened(name)
                ));
            }
        };
        Ok(Zeroizing::new(answer))
    }

    /// Goes on with what the plugin of the server said. None: nothing is to be answered.
    ///
    /// # Errors
    /// Why it cannot go on.
    pub(super) fn more(&mut self, data: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        if self.plugin != AuthPlugin::CachingSha2Password {
            return Err("the server's authentication plugin said more than it may".into());
        }
        if self.key_asked {
            self.key_asked = false;
            return encrypt(data, &self.clear(), &self.scramble).map(|answer| Some(Zeroizing::new(answer)));
        }
        match (data, self.way) {
            (FAST, _) => Ok(None),
            (FULL, Way::Private) => Ok(Some(self.clear())),
            // Whoever sits between could send a key of his own and read the password: nobody does within a machine.
            (FULL, Way::Loopback) => {
                self.key_asked = true;
                Ok(Some(Zeroizing::new(vec![KEY_REQUEST])))
            }
            (FULL, Way::Open) => {
                Err("the server wants the password itself (caching_sha2_password), and the \
                                      connection is not encrypted; switch on `tls` for the binding"
                    .into())
            }
            _ => Err("the server's caching_sha2_password said something unknown".into()),
        }
    }

    /// The password with a zero byte behind it.
    fn clear(&self) -> Zeroizing<Vec<u8>> {
        let mut clear = Zeroizing::new(Vec::with_capacity(self.password.len() + 1));
        clear.extend_from_slice(self.password);
        clear.push(0);
        clear
    }
}

/// Encrypts a password, mixed with the scramble, for the server's RSA key (RSAES-OAEP with SHA-1).
///
/// The key is checked here first: what `mysql_common` makes of a broken one is a panic.
fn encrypt(pem: &[u8], clear: &[u8], scramble: &[u8]) -> Result<Vec<u8>, String> {
    let broken = || "the server's public key is broken".to_owned();
    let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| broken())?;
    let info = SubjectPublicKeyInfoRef::from_der(der.as_ref()).map_err(|_| broken())?;
    let key = info.subject_public_key.as_bytes().ok_or_else(broken)?;
    let modulus = modulus(key).map_err(|_| broken())?;
    if !(128..=1024).contains(&modulus.len()) {
        return Err(format!("the server's public key has {} bits, not 1,024 to 8,192", modulus.len() * 8));
    }
    if clear.len() > modulus.len() - 42 {
        return Err("the password is too long for the server's public key".into());
    }
    let (modulus, exponent) = mysql_der::parse_pub_key_pkcs1(key);
    let mixed: Zeroizing<Vec<u8>> =
        Zeroizing::new(clear.iter().zip(scramble.iter().cycle()).map(|(left, right)| left ^ right).collect());
    let padding = rsa::Pkcs1OaepPadding::new(rsa::GetRandom);
    Ok(rsa::PublicKey::new(modulus, exponent).encrypt_block(&*mixed, padding))
}

/// The modulus of an `RSAPublicKey` (RFC 8017, appendix A.1.1), which must hold nothing else but an exponent.
fn modulus(key: &[u8]) -> x509_cert::der::Result<Vec<u8>> {
    let mut reader = SliceReader::new(key)?;
    let found = reader.sequence(|inside| {
        let modulus = UintRef::decode(inside)?;
        let _exponent = UintRef::decode(inside)?;
        Ok(modulus.as_bytes().to_vec())
    })?;
    reader.finish(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxSKOcxiet8lLMn8ImyUE
bGGKob5EdRz/4wdiw12ED0GfKKTKhVnodFCfm1mdy7bKOX5QxL9skrvYodpW43eR
R5bfOzIgy1qIB8RYb6qOXRBw1oA4snBDqtUjDv/lbHLJN+IbzM4oU+e3Lt9rXyLX
VY289ewONPweXHqSCnTL91w+wkU1peIFV2QhZ+upUCdCtwOn5hnJPNgxtbklFoya
C8W3Z7Xx7He2QDJsEWAqX197efw0L6j8X8Tyd8Uwb7zUB1tfMGhHfm9EwejPAtzx
4GztQNtNMtGS2oGZLQBLV9hib4dDL92iiZeckg2LAf4GsJofLLR8mcHCRoqVbQJ1
YQIDAQAB
-----END PUBLIC KEY-----";
    const SCRAMBLE: [u8; 21] = *b"abcdefghijklmnopqrst\0";

    #[test]
    fn the_password_itself_is_sent_only_where_nobody_can_read_it() {
        let mut plain = Authentication::new(b"secret", Way::Private);
        assert_eq!(*plain.switch(b"mysql_clear_password", b"").unwrap(), b"secret\0");
        plain.switch(b"caching_sha2_password", &SCRAMBLE).unwrap();
        assert_eq!(plain.more(&[4]).unwrap().as_deref().unwrap(), b"secret\0");

        let mut local = Authentication::new(b"secret", Way::Loopback);
        assert!(local.switch(b"mysql_clear_password", b"").unwrap_err().contains("tls"));
        local.switch(b"caching_sha2_password", &SCRAMBLE).unwrap();
        assert_eq!(local.more(&[4]).unwrap().as_deref().unwrap(), &[2]);
        assert_eq!(local.more(KEY).unwrap().unwrap().len(), 256);

        let mut open = Authentication::new(b"secret", Way::Open);
        assert!(open.switch(b"mysql_clear_password", b"").unwrap_err().contains("tls"));
        open.switch(b"caching_sha2_password", &SCRAMBLE).unwrap();
        assert!(open.more(&[3]).unwrap().is_none());
        assert!(open.more(&[4]).unwrap_err().contains("tls"));
    }

    #[test]
    fn a_plugin_that_is_not_known_is_named() {
        let mut authentication = Authentication::new(b"secret", Way::Private);
        let reason = authentication.switch(b"auth_gssapi_client", b"").unwrap_err();
        assert!(reason.contains("auth_gssapi_client"), "{reason}");
        assert!(authentication.switch(b"mysql_old_password", b"").unwrap_err().contains("not safe"));
        assert!(authentication.switch(b"mysql_native_password", b"short").is_err());
        assert!(authentication.switch(b"client_ed25519", &SCRAMBLE).is_err());
        assert!(authentication.greet(Some(b"dialog"), b"").is_empty());
    }

    #[test]
    fn a_broken_key_is_an_error_whichever_byte_is_wrong() {
        let der = SubjectPublicKeyInfoDer::from_pem_slice(KEY).unwrap();
        for at in 0..der.as_ref().len() {
            for change in [1, 0x80, 0xff] {
                let mut broken = der.as_ref().to_vec();
                broken[at] ^= change;
                let Ok(info) = SubjectPublicKeyInfoRef::from_der(&broken) else { continue };
                let Some(key) = info.subject_public_key.as_bytes() else { continue };
                if modulus(key).is_ok() {
                    let _ = mysql_der::parse_pub_key_pkcs1(key);
                }
            }
        }
        for cut in 0..KEY.len() {
            let found = encrypt(&KEY[..cut], b"secret\0", &SCRAMBLE[..20]);
            assert!(found.is_err(), "{cut}");
        }
        assert!(encrypt(KEY, &[1; 300], &SCRAMBLE[..20]).unwrap_err().contains("too long"));
        assert!(encrypt(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", b"", b"a").is_err());
    }
}
