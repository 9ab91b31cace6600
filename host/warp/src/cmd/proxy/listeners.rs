//! The listeners in force: binding, replacing, ending; knows no configuration file and no pool's inside.

use super::wished::WishedListener;
use crate::report::hinted;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use warpgrid_host::config::{ListenPlace, ListenerConfig};
use warpgrid_pool::Pool;
use warpgrid_pool::endpoint::{Protocol, Tenant};
use warpgrid_pool::listen::{ListenAddress, Listener, ListenerControl};

/// How long clients without a session may stay once every session has ended.
const GRACE: Duration = Duration::from_secs(1);

/// The pools by the names of their bindings.
pub(super) type Pools = BTreeMap<String, Arc<Pool>>;

/// The listeners in force, in the order of their names.
#[derive(Default)]
pub(super) struct Listeners {
    open: Vec<OpenListener>,
    tasks: JoinSet<()>,
}

/// A listener that clients can connect to.
struct OpenListener {
    config: ListenerConfig,
    protocol: Protocol,
    address: ListenAddress,
    control: Arc<ListenerControl>,
    shutdown: CancellationToken,
}

impl Listeners {
    /// Binds those that are wished and not open yet: one entry for each wish, none where it is open.
    ///
    /// # Errors
    /// The first address that is not to be had. Nothing has changed then.
    pub(super) fn bind(&self, wished: &[WishedListener]) -> anyhow::Result<Vec<Option<Listener>>> {
        let bind = |wish: &WishedListener| {
            if self.open.iter().any(|open| is_same(&open.config, &wish.config)) {
                return Ok(None);
            }
            Listener::bind(wish.options.clone()).map(Some).map_err(|error| {
                let hints = hint(error.kind()).map(str::to_owned).into_iter().collect();
                hinted(error, hints).context(format!("`listeners.{}`", wish.config.name))
            })
        };
        wished.iter().map(bind).collect()
    }

    /// From now on there are those that are wished and no others. Gives those that were opened, as they are announced.
    pub(super) fn put_in_force(
        &mut self,
        wished: Vec<WishedListener>,
        bound: Vec<Option<Listener>>,
        pools: &Pools,
    ) -> Vec<Value> {
        let (mut before, mut opened) = (std::mem::take(&mut self.open), Vec::new());
        for (WishedListener { config, options }, bound) in wished.into_iter().zip(bound) {
            // The configuration was checked: a listener's binding is there.
            let Some(pool) = pools.get(&config.binding).cloned() else { continue };
            let tenant = Tenant::new(&config.tenant);
            let protocol = pool.endpoint().protocol;
            if let Some(listener) = bound {
                let address = listener.local_address();
                let control = ListenerControl::new(pool, tenant, &options);
                let shutdown = CancellationToken::new();
                self.tasks.spawn(listener.serve_controlled(control.clone(), shutdown.clone()));
                let open = OpenListener { config, protocol, address, control, shutdown };
                opened.push(open.announcement());
                self.open.push(open);
            } else if let Some(place) = before.iter().position(|open| is_same(&open.config, &config)) {
                let open = before.remove(place);
                open.control.change(pool, tenant, &options);
                self.open.push(OpenListener { config, protocol, ..open });
            }
        }
        for gone in before {
            gone.shutdown.cancel();
        }
        while self.tasks.try_join_next().is_some() {}
        opened
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// The listeners as `status` shows them.
    pub(super) fn status(&self) -> Vec<Value> {
        self.open.iter().map(OpenListener::status).collect()
    }

    /// Lets nobody in any more.
    pub(super) fn stop(&self) {
        self.open.iter().for_each(|open| open.shutdown.cancel());
    }

    /// Waits a moment until the clients are gone, and cuts who is left.
    pub(super) async fn end(&mut self) {
        self.stop();
        let gone = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(GRACE, gone).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}

impl OpenListener {
    fn announcement(&self) -> Value {
        let mut line = json!({
            "event": "listening",
            "listener": self.config.name,
            "binding": self.config.binding,
            "protocol": self.protocol.to_string(),
            "tenant": self.config.tenant,
            "tls": self.config.tls.is_some(),
        });
        self.add_address(&mut line);
        line
    }

    fn status(&self) -> Value {
        let mut row = json!({
            "listener": self.config.name,
            "binding": self.config.binding,
            "protocol": self.protocol.to_string(),
            "tenant": self.config.tenant,
            "tls": self.config.tls.is_some(),
            "clients": self.control.clients(),
            "clients_limit": self.config.clients,
        });
        self.add_address(&mut row);
        row
    }

    fn add_address(&self, object: &mut Value) {
        match &self.address {
            ListenAddress::Tcp(address) => {
                object["address"] = json!(address.to_string());
                object["host"] = json!(address.ip().to_string());
                object["port"] = json!(address.port());
            }
            ListenAddress::Unix { path, .. } => object["socket"] = json!(shown(path)),
        }
    }
}

/// A path as somebody else can use it.
pub(super) fn shown(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// Whether a wish means a listener that is open: the same place. A port that was found belongs to its listener's name.
fn is_same(open: &ListenerConfig, wished: &ListenerConfig) -> bool {
    let has_place = !matches!(open.place, ListenPlace::Tcp(address) if address.port() == 0);
    open.place == wished.place && (has_place || open.name == wished.name)
}

fn hint(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::AddrInUse => Some("end the program that listens there, or choose another place"),
        io::ErrorKind::AlreadyExists => Some("move what is there away, or choose another path"),
        io::ErrorKind::PermissionDenied => {
            Some("ports below 1024 need a right of their own, and a socket's folder must be writable")
        }
        io::ErrorKind::AddrNotAvailable => {
            Some("the address is none of this machine's; `0.0.0.0` is all of them")
        }
        io::ErrorKind::NotFound => Some("the folder of the socket must be there"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(name: &str, place: ListenPlace) -> ListenerConfig {
        let (binding, tenant) = ("db".to_owned(), name.to_owned());
        ListenerConfig { name: name.to_owned(), binding, place, tenant, clients: 1, tls: None }
    }

    #[test]
    fn a_listener_is_known_by_its_place_and_one_with_a_found_port_by_its_name_too() {
        let tcp = |text: &str| ListenPlace::Tcp(text.parse().unwrap());
        let unix = |mode| ListenPlace::Unix { path: "db.sock".into(), mode };
        let same = |one, other| is_same(&listener("a", one), &listener("b", other));
        assert!(same(tcp("127.0.0.1:6432"), tcp("127.0.0.1:6432")));
        assert!(!same(tcp("127.0.0.1:6432"), tcp("127.0.0.1:6433")));
        assert!(!same(tcp("127.0.0.1:0"), tcp("127.0.0.1:0")));
        assert!(is_same(&listener("a", tcp("127.0.0.1:0")), &listener("a", tcp("127.0.0.1:0"))));
        assert!(same(unix(0o600), unix(0o600)));
        assert!(!same(unix(0o600), unix(0o660)));
    }
}
