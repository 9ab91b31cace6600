//! The file as serde reads it; checks shapes and nothing else.

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawConfig {
    pub(super) package: RawPackage,
    #[serde(rename = "command")]
    pub(super) _command: RawEmpty,
    pub(super) env: BTreeMap<String, RawEnv>,
    pub(super) files: BTreeMap<String, RawFolder>,
    pub(super) registry: BTreeMap<String, Addresses>,
    pub(super) hosts: BTreeMap<String, Addresses>,
    pub(super) shims: RawShims,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawPackage {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) language: Option<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEmpty {}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawFolder {
    pub(super) host: String,
    #[serde(default = "yes")]
    pub(super) read_only: bool,
}

fn yes() -> bool {
    true
}

/// Unknown names are not refused here: they are warnings.
#[derive(Debug, serde::Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub(super) struct RawShims {
    pub(super) filesystem: Toggle<RawFilesystem>,
    pub(super) dns: Toggle<RawDns>,
    pub(super) signals: bool,
    pub(super) sockets: bool,
    pub(super) threading: bool,
    pub(super) database_proxy: bool,
}

impl Default for RawShims {
    fn default() -> Self {
        Self {
            filesystem: Toggle::default(),
            dns: Toggle::default(),
            signals: true,
            sockets: true,
            threading: true,
            database_proxy: false,
        }
    }
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawFilesystem {
    pub(super) nameservers: Option<Vec<IpAddr>>,
    pub(super) time_zones: Option<bool>,
    pub(super) local_time_zone: Option<String>,
    pub(super) extra_virtual_paths: BTreeMap<String, String>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawDns {
    pub(super) ttl_seconds: Option<u32>,
    pub(super) cache_entries: Option<u32>,
    pub(super) system: Option<bool>,
}

/// A shim: `true`, `false`, or a table that switches it on.
#[derive(Debug)]
pub(super) enum Toggle<T> {
    Off,
    On(T),
}

impl<T: Default> Default for Toggle<T> {
    fn default() -> Self {
        Toggle::On(T::default())
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Toggle<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ToggleVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for ToggleVisitor<T> {
            type Value = Toggle<T>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("true, false or a table")
            }
            fn visit_bool<E: de::Error>(self, on: bool) -> Result<Self::Value, E> {
                Ok(if on { Toggle::default() } else { Toggle::Off })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Toggle::On)
            }
        }
        deserializer.deserialize_any(ToggleVisitor(PhantomData))
    }
}

/// The value of an environment variable. Not `Debug`: it may be a secret.
pub(super) enum RawEnv {
    Literal(String),
    From(String),
}

impl fmt::Debug for RawEnv {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RawEnv")
    }
}

impl<'de> Deserialize<'de> for RawEnv {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct From {
            from: String,
        }
        struct EnvVisitor;
        impl<'de> Visitor<'de> for EnvVisitor {
            type Value = RawEnv;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text, or { from = \"VARIABLE\" }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(RawEnv::Literal(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                From::deserialize(MapAccessDeserializer::new(map)).map(|from| RawEnv::From(from.from))
            }
        }
        deserializer.deserialize_any(EnvVisitor)
    }
}

/// One address, or a list of them.
#[derive(Debug)]
pub(super) struct Addresses(pub(super) Vec<IpAddr>);

impl<'de> Deserialize<'de> for Addresses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AddressesVisitor;
        impl<'de> Visitor<'de> for AddressesVisitor {
            type Value = Addresses;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an address such as \"10.0.0.5\", or a list of addresses")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                match text.parse() {
                    Ok(address) => Ok(Addresses(vec![address])),
                    Err(_) => Err(E::custom(format!("`{text}` is not an IPv4 or IPv6 address"))),
                }
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                let texts = Vec::<String>::deserialize(SeqAccessDeserializer::new(seq))?;
                let mut addresses = Vec::new();
                for text in texts {
                    addresses.extend(AddressesVisitor.visit_str::<A::Error>(&text)?.0);
                }
                Ok(Addresses(addresses))
            }
            fn visit_map<A: MapAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
                Err(de::Error::custom("this is a table: a name with dots must stand in quotes"))
            }
        }
        deserializer.deserialize_any(AddressesVisitor)
    }
}
