//! Shapes of values, as serde reads them; knows no key.

use bytesize::ByteSize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::time::Duration;

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

/// A whole number, not negative.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count(pub(super) u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountVisitor;
        impl Visitor<'_> for CountVisitor {
            type Value = Count;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a whole number")
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                u64::try_from(number).map(Count).map_err(|_| E::custom(format!("{number} is less than 0")))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Count(number))
            }
        }
        deserializer.deserialize_any(CountVisitor)
    }
}

/// A number of bytes: with a unit, or plain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size(pub(super) u64);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SizeVisitor;
        impl Visitor<'_> for SizeVisitor {
            type Value = Size;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a size such as \"128MiB\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                match text.parse::<ByteSize>() {
                    Ok(size) => Ok(Size(size.as_u64())),
                    Err(_) => Err(E::custom(format!("`{text}` is not a size such as \"128MiB\""))),
                }
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                u64::try_from(number).map(Size).map_err(|_| E::custom(format!("{number} is less than 0")))
            }
        }
        deserializer.deserialize_any(SizeVisitor)
    }
}

/// The longest time that a key may hold: 366 days.
const LONGEST: f64 = 366.0 * 24.0 * 3600.0;

/// Seconds, with or without a fraction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seconds(pub(super) Duration);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SecondsVisitor;
        impl Visitor<'_> for SecondsVisitor {
            type Value = Seconds;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a number of seconds")
            }
            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Self::Value, E> {
                if (0.0..=LONGEST).contains(&seconds) {
                    return Ok(Seconds(Duration::from_secs_f64(seconds)));
                }
                Err(E::custom(format!("{seconds} seconds are not between 0 and {LONGEST}, a year")))
            }
            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Self::Value, E> {
                self.visit_f64(seconds as f64)
            }
        }
        deserializer.deserialize_any(SecondsVisitor)
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
