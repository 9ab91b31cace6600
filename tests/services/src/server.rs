//! A server from its start to its end; knows no product from the inside.
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::account::Account;
use crate::builder::{Options, Upstream};
use crate::certificates::Certificates;
use crate::client::ClientProgram;
use crate::launch;
use crate::place::Place;
use crate::port::Port;
use crate::process::Running;
use crate::product::{Product, ProductKind, Setting};
use crate::secret::Passwords;
use crate::services::Services;

/// How long a server may take until it answers; a busy machine takes long.
const START: Duration = Duration::from_secs(180);
/// Between two questions whether it answers.
const LOOK: Duration = Duration::from_millis(5);
/// Ports that are tried when something else takes one between choosing and listening.
const PORTS: usize = 5;

/// A running database server, killed on drop together with its data.
///
/// All methods take `&self`: a test may kill a server from one thread while another talks to it.
#[derive(Debug)]
pub struct Server {
    kind: ProductKind,
    setting: Setting,
    _ports: Vec<Port>,
    running: Mutex<Option<Running>>,
}

impl Server {
    pub(crate) fn start(services: &Services, kind: ProductKind, options: Options) -> anyhow::Result<Self> {
        let mut tries = 0;
        loop {
            tries += 1;
            match Self::start_once(services, kind, options.clone()) {
                Err(error) if options.port.is_none() && tries < PORTS && port_was_taken(&error) => {}
                done => return done.with_context(|| format!("starting {}", kind.as_str())),
            }
        }
    }

    fn start_once(services: &Services, kind: ProductKind, options: Options) -> anyhow::Result<Self> {
        let product = kind.product();
        let account = Account::current();
        let place = Place::new(services, account)?;
        let port = match options.port {
            Some(number) => Port::exactly(number)?,
            None => Port::free()?,
        };
        let mut ports = vec![port];
        if product.has_tls_port() {
            ports.push(Port::free()?);
        }
        let mut passwords = Passwords::new(product.users())?;
        if let Some(upstream) = &options.upstream {
            passwords.take_over(&upstream.passwords);
        }
        let setting = Setting {
            passwords,
            certificates: Certificates::make(&place.path("tls"))?,
            port: ports[0].number(),
            tls_port: ports[ports.len() - 1].number(),
            options,
            place,
        };
        account.own(setting.place.folder())?;
        product.prepare(&setting)?;
        let server = Self { kind, setting, _ports: ports, running: Mutex::new(None) };
        server.launch()?;
        product.finish(&server.setting)?;
        Ok(server)
    }

    fn product(&self) -> &'static dyn Product {
        self.kind.product()
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn launch(&self) -> anyhow::Result<()> {
        let mut slot = self.running();
        if let Some(running) = slot.as_mut()
            && running.ended()?.is_none()
        {
            bail!("it runs already, as process {}", running.id());
        }
        *slot = None;
        let (product, place) = (self.product(), &self.setting.place);
        let program = product.program(&self.setting)?;
        let child = launch::start(&program, place.account, place.folder(), &place.log(), None)?;
        let mut running = Running::new(child);
        let end = Instant::now() + START;
        while !product.is_ready(&self.setting) {
            if let Some(status) = running.ended()? {
                bail!("it ended with {status}:\n{}", launch::tail(&place.log()));
            }
            if Instant::now() > end {
                bail!("it does not answer within {} s:\n{}", START.as_secs(), launch::tail(&place.log()));
            }
            std::thread::sleep(LOOK);
        }
        *slot = Some(running);
        Ok(())
    }

    /// Which server it is.
    #[must_use]
    pub fn kind(&self) -> ProductKind {
        self.kind
    }

    /// Its TCP port on 127.0.0.1; of a Redis that requires TLS, the port for TLS.
    #[must_use]
    pub fn port(&self) -> u16 {
        let only_tls = self.product().has_tls_port() && self.setting.options.require_tls;
        if only_tls { self.setting.tls_port } else { self.setting.port }
    }

    /// The TCP port that speaks TLS: of Redis a port of its own, of the others [`Server::port`].
    #[must_use]
    pub fn tls_port(&self) -> u16 {
        self.setting.tls_port
    }

    /// Its Unix socket.
    #[must_use]
    pub fn socket_path(&self) -> PathBuf {
        self.product().socket(&self.setting)
    }

    /// The password of one of its users; empty for a user that has none.
    #[must_use]
    pub fn password(&self, user: &str) -> String {
        self.setting.password(user).to_owned()
    }

    /// Users that have a password.
    pub fn users(&self) -> impl Iterator<Item = &'static str> {
        self.setting.passwords.users()
    }

    /// The CA that signed its certificate (with [`crate::TlsCertificate::OtherAuthority`]: that did not).
    #[must_use]
    pub fn ca_pem_path(&self) -> PathBuf {
        self.setting.certificates.ca_pem_path()
    }

    /// All certificates made for it.
    #[must_use]
    pub fn certificates(&self) -> &Certificates {
        &self.setting.certificates
    }

    /// What it writes to its log.
    #[must_use]
    pub fn log_path(&self) -> PathBuf {
        self.setting.place.log()
    }

    /// The folder with all of its files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.setting.place.folder()
    }

    /// Its process while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        let mut slot = self.running();
        let running = slot.as_mut()?;
        matches!(running.ended(), Ok(None)).then(|| running.id())
    }

    /// Kills it and every process it started with SIGKILL, and returns when they are gone. Its data stay.
    ///
    /// # Errors
    /// When a process does not end.
    pub fn kill_nine(&self) -> anyhow::Result<()> {
        self.running().take().map_or(Ok(()), |mut running| running.kill())
    }

    /// Ends it in order, breaking connections; returns when it is gone. Its data stay.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&self) -> anyhow::Result<()> {
        let signal = self.product().stop_signal();
        self.running().take().map_or(Ok(()), |mut running| running.stop(signal))
    }

    /// Starts it again on the same port with the same data, after stopping it in order when it still runs.
    ///
    /// # Errors
    /// When it cannot be started or does not answer within three minutes.
    pub fn restart(&self) -> anyhow::Result<()> {
        self.stop()?;
        self.launch().with_context(|| format!("starting {} again", self.kind.as_str()))
    }

    /// Runs SQL (for Redis a command line) as administrator through the server's own client over the Unix socket, in
    /// database `app`, and gives the rows: columns separated by `|` or tabs, as that client does.
    ///
    /// # Errors
    /// What the server complains about.
    pub fn admin_sql(&self, text: &str) -> anyhow::Result<String> {
        admin(self.product(), &self.setting, text)
    }

    /// A client program of the packages with the variables with which it finds this server as user `app`.
    ///
    /// # Errors
    /// When there is no program of that name.
    pub fn program(&self, name: &str) -> anyhow::Result<ClientProgram> {
        let program = self.setting.place.services.program(name)?;
        Ok(program.envs(self.environment("app")))
    }

    /// Variables with which its own clients find it as `user` over TCP: `PGHOST …`, `MYSQL_HOST …`, `REDIS_URL …`.
    #[must_use]
    pub fn environment(&self, user: &str) -> Vec<(&'static str, String)> {
        self.product().environment(&self.setting, user)
    }

    /// Its address with the password, as most drivers take it: `postgres://app:…@127.0.0.1:5432/app`.
    #[must_use]
    pub fn address(&self, user: &str) -> String {
        self.product().address(&self.setting, user)
    }

    pub(crate) fn as_upstream(&self) -> Upstream {
        Upstream { port: self.port(), passwords: self.setting.passwords.clone() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Before its folder goes. Nobody is left to tell of an error.
        let _ = self.kill_nine();
    }
}

/// Runs a command as administrator.
pub(crate) fn admin(product: &dyn Product, setting: &Setting, text: &str) -> anyhow::Result<String> {
    let output = product.admin(setting, text)?.output()?;
    let said = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    if output.status.success() {
        return Ok(said);
    }
    bail!("the server refused: {}{said}", String::from_utf8_lossy(&output.stderr).trim_end())
}

fn port_was_taken(error: &anyhow::Error) -> bool {
    let text = format!("{error:#}");
    text.contains("Address already in use") || text.contains("address already in use")
}
