//! What `[shims] filesystem` holds; reads no file.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// The configuration of the filesystem shim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesystemConfig {
    /// The servers that `/etc/resolv.conf` names. Default `127.0.0.1`.
    pub nameservers: Vec<IpAddr>,
    /// Whether `/usr/share/zoneinfo` is there. Default true.
    pub time_zones: bool,
    /// The zone that `/etc/localtime` is, by its IANA name. Default none: there is no such file.
    pub local_time_zone: Option<String>,
    /// Further virtual files: path and text. Default none.
    pub extra_virtual_paths: BTreeMap<String, String>,
}

impl Default for FilesystemConfig {
    fn default() -> Self {
        Self {
            nameservers: vec![IpAddr::from([127, 0, 0, 1])],
            time_zones: true,
            local_time_zone: None,
            extra_virtual_paths: BTreeMap::new(),
        }
    }
}
