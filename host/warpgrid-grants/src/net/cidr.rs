//! A block of addresses (CIDR); knows no rule.

use super::address::canonical;
use core::fmt;
use core::net::IpAddr;

/// Why a text is no block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockError {
    /// Before the slash stands no address.
    Address,
    /// After the slash stands no number, or one that is too large.
    Length,
    /// The block holds every address there is.
    Everything,
    /// The address is not the first of the block.
    NotFirst,
}

/// A block of addresses: a first address and how many bits of it count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AddressBlock {
    first: IpAddr,
    length: u32,
}

impl AddressBlock {
    /// Reads `10.0.0.0/8` or `fd00::/8`.
    pub(super) fn new(text: &str) -> Result<Self, BlockError> {
        let (address, length) = text.split_once('/').ok_or(BlockError::Length)?;
        let address: IpAddr = address.parse().map_err(|_| BlockError::Address)?;
        if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BlockError::Length);
        }
        let mut length: u32 = length.parse().map_err(|_| BlockError::Length)?;
        if length > width(address) {
            return Err(BlockError::Length);
        }
        let first = canonical(address);
        if first.is_ipv4() && address.is_ipv6() {
            // A block of mapped addresses is the block of the addresses inside.
            length = length.checked_sub(96).ok_or(BlockError::NotFirst)?;
        }
        if length == 0 {
            return Err(BlockError::Everything);
        }
        if bits(first).trailing_zeros() < width(first) - length {
            return Err(BlockError::NotFirst);
        }
        Ok(Self { first, length })
    }

    /// The block of one address.
    pub(super) fn of_one(address: IpAddr) -> Self {
        let first = canonical(address);
        Self { first, length: width(first) }
    }

    /// Whether the address lies in the block. An IPv4-mapped address counts as its IPv4 address.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        let address = canonical(address);
        address.is_ipv4() == self.first.is_ipv4()
            && (bits(address) ^ bits(self.first)) >> (width(self.first) - self.length) == 0
    }
}

impl fmt::Display for AddressBlock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.first, self.length)
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => u128::from(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_holds_its_first_and_its_last_address_and_not_their_neighbours() {
        for (block, inside, outside) in [
            ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["9.255.255.255", "11.0.0.0"]),
            ("192.168.4.0/23", ["192.168.4.0", "192.168.5.255"], ["192.168.3.255", "192.168.6.0"]),
            ("10.1.2.3/32", ["10.1.2.3", "::ffff:10.1.2.3"], ["10.1.2.2", "10.1.2.4"]),
            ("fd00::/8", ["fd00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"], ["fc00::", "fe00::"]),
            ("2001:200::1/128", ["2001:200::1", "2001:200:0::1"], ["2001:200::", "2001:200::2"]),
            ("::ffff:10.0.0.0/104", ["10.0.0.0", "::ffff:10.9.9.9"], ["11.0.0.0", "::10.0.0.0"]),
        ] {
            let parsed = AddressBlock::new(block).unwrap();
            assert!(inside.iter().all(|address| parsed.contains(address.parse().unwrap())), "{block}");
            assert!(!outside.iter().any(|address| parsed.contains(address.parse().unwrap())), "{block}");
        }
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for (text, error) in [
            ("10.0.0.0", BlockError::Length),
            ("10.0.0.0/", BlockError::Length),
            ("10.0.0.0/+8", BlockError::Length),
            ("10.0.0.0/33", BlockError::Length),
            ("10.0.0.0/8/8", BlockError::Length),
            ("fd00::/129", BlockError::Length),
            ("10.0.0.0/99999999999", BlockError::Length),
            ("10.0.0/8", BlockError::Address),
            ("example.com/8", BlockError::Address),
            ("10.0.0.1/8", BlockError::NotFirst),
            ("fd00::1/8", BlockError::NotFirst),
            ("0.0.0.0/0", BlockError::Everything),
            ("::/0", BlockError::Everything),
            ("::ffff:0.0.0.0/96", BlockError::Everything),
        ] {
            assert_eq!(AddressBlock::new(text), Err(error), "{text}");
        }
    }
}
