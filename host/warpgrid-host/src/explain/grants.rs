//! What a configuration grants, and the keys that would grant more; looks nothing up.

use super::area::Area;
use super::report::Limit;
use crate::config::WarpConfig;
use bytesize::ByteSize;

/// What the configuration grants in an area, one line each.
pub(super) fn granted(area: Area, config: &WarpConfig) -> Vec<String> {
    let shims = &config.shims;
    let mut lines = Vec::new();
    match area {
        Area::Standard if !config.env.is_empty() => {
            let names: Vec<_> = config.env.keys().map(String::as_str).collect();
            lines.push(format!("the variables {}", names.join(", ")));
        }
        Area::Files => {
            if shims.filesystem.is_some() {
                lines.push("virtual files such as `/etc/hosts` and `/dev/urandom`".to_owned());
            }
            for folder in &config.folders {
                let access = if folder.read_only { "to read" } else { "to read and write" };
                lines.push(format!("`{}` from `{}`, {access}", folder.guest, folder.host.display()));
            }
            lines.extend(config.scratch.iter().map(|path| format!("`{path}`, empty at the start, to write")));
        }
        Area::Names => {
            let Some(dns) = &shims.dns else { return lines };
            lines.push(format!(
                "{} names of `[registry]`, {} of `[hosts]`",
                config.registry.len(),
                config.hosts.len()
            ));
            lines
                .extend(config.registry_file.iter().map(|path| format!("the names of `{}`", path.display())));
            if dns.system {
                lines.push("names that the machine's own resolver knows".to_owned());
            }
        }
        Area::Sockets if shims.sockets.is_some() => {
            lines.extend(config.network_rules.allow.iter().map(|rule| format!("connect to `{rule}`")));
            lines.extend(config.network_rules.listen.iter().map(|rule| format!("listen on `{rule}`")));
            lines.extend(config.bindings.iter().map(|config| {
                let binding = &config.binding;
                let (name, protocol) = (&binding.name, binding.protocol);
                format!("`{}:{}`, the {protocol} database `bindings.{name}`", binding.host, binding.port)
            }));
        }
        Area::OutgoingHttp => {
            lines.extend(config.services.iter().map(|service| {
                format!("`http://{}`, the service `{}`", service.name, service.component.display())
            }));
            lines.extend(config.network_rules.allow.iter().map(|rule| format!("requests to `{rule}`")));
        }
        Area::Signals if shims.signals.is_some() => {
            lines.push(format!("up to {} signals that wait", config.limits.signals));
        }
        _ => {}
    }
    lines
}

/// The keys that would grant what the guest may need in an area and does not have.
pub(super) fn to_grant(area: Area, config: &WarpConfig) -> Vec<String> {
    let shims = &config.shims;
    let mut lines = Vec::new();
    let switched_off = match area {
        Area::Files => shims.filesystem.is_none(),
        Area::Names => shims.dns.is_none(),
        Area::Sockets => shims.sockets.is_none(),
        _ => false,
    };
    if let (true, Some(key)) = (switched_off, area.shim()) {
        lines.push(format!("`{key} = true` under `[shims]` switches the shim on"));
    }
    match area {
        Area::Files if config.folders.is_empty() && config.scratch.is_empty() => {
            lines.push("`\"/path\" = { host = \"./folder\" }` under `[files]` grants a folder".to_owned());
        }
        Area::Names if shims.dns.as_ref().is_some_and(|dns| !dns.system) => {
            lines.push("`system = true` under `[shims.dns]` asks the machine's own resolver".to_owned());
        }
        Area::Sockets if shims.sockets.is_some() && config.network_rules.allow.is_empty() => {
            lines.push("`allow = [\"host:port\"]` under `[network]` grants connections".to_owned());
        }
        Area::OutgoingHttp if config.network_rules.allow.is_empty() => {
            lines.push("`allow = [\"host:443\"]` under `[network]` grants requests".to_owned());
        }
        _ => {}
    }
    lines
}

/// The limits in force, by their keys under `[limits]`.
pub(super) fn limits(config: &WarpConfig) -> Vec<Limit> {
    let limits = &config.limits;
    let size = |bytes: usize| ByteSize(bytes as u64).to_string();
    let values = [
        ("instances", config.http.max_instances.to_string()),
        ("memory", size(limits.memory_bytes)),
        ("table-elements", limits.table_elements.to_string()),
        ("handles", limits.handles.to_string()),
        ("call-size", size(limits.call_bytes)),
        ("header-size", size(limits.header_bytes)),
        ("open-files", limits.open_files.to_string()),
        ("sockets", limits.sockets.to_string()),
        ("lookups", limits.lookups.to_string()),
        ("read-size", size(limits.read_bytes)),
        ("device-size", size(limits.device_bytes)),
        ("listed-names", limits.listed_names.to_string()),
        ("log-size", size(limits.log_bytes)),
        ("signals", limits.signals.to_string()),
        ("cpu-seconds", limits.cpu.map_or("no limit".to_owned(), |cpu| cpu.as_secs_f64().to_string())),
        ("request-seconds", limits.request.as_secs_f64().to_string()),
    ];
    values.into_iter().map(|(key, value)| Limit { key, value }).collect()
}
