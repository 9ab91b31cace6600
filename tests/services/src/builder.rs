//! What can be asked of a server before it starts; starts it.
use crate::certificates::TlsCertificate;
use crate::product::ProductKind;
use crate::server::Server;
use crate::services::Services;

/// Connections that a server takes unless told otherwise.
const MAX_CONNECTIONS: u32 = 100;

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) certificate: TlsCertificate,
    pub(crate) tls: bool,
    pub(crate) require_tls: bool,
    pub(crate) max_connections: u32,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) port: Option<u16>,
    pub(crate) upstream: Option<Upstream>,
}

/// The PostgreSQL behind a PgBouncer.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    pub(crate) port: u16,
    pub(crate) passwords: crate::secret::Passwords,
}

/// A server to be.
#[derive(Debug, Clone)]
#[must_use = "nothing runs until `start`"]
pub struct ServerBuilder {
    services: Services,
    kind: ProductKind,
    options: Options,
}

impl ServerBuilder {
    pub(crate) fn new(services: &Services, kind: ProductKind) -> Self {
        let options = Options {
            certificate: TlsCertificate::Good,
            tls: true,
            require_tls: false,
            max_connections: MAX_CONNECTIONS,
            settings: Vec::new(),
            port: None,
            upstream: None,
        };
        Self { services: services.clone(), kind, options }
    }

    /// The certificate it shows; [`TlsCertificate::Good`] unless told otherwise.
    pub fn certificate(mut self, certificate: TlsCertificate) -> Self {
        self.options.certificate = certificate;
        self
    }

    /// A server that knows no TLS.
    pub fn without_tls(mut self) -> Self {
        self.options.tls = false;
        self
    }

    /// A server that refuses users over TCP without TLS. Redis keeps no plain port then.
    pub fn require_tls(mut self) -> Self {
        self.options.require_tls = true;
        self
    }

    /// Connections at the same time, 100 unless told otherwise.
    pub fn max_connections(mut self, count: u32) -> Self {
        self.options.max_connections = count;
        self
    }

    /// One more setting of the server's own configuration: for PostgreSQL `name = value`, for MariaDB and MySQL
    /// `--name=value`, for Redis and PgBouncer a line of their files. The last word on a setting counts.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.settings.push((name.into(), value.into()));
        self
    }

    /// Exactly that TCP port, for people; tests take a free one, which is the default.
    pub fn on_port(mut self, port: u16) -> Self {
        self.options.port = Some(port);
        self
    }

    /// The PostgreSQL that a PgBouncer stands in front of.
    pub fn in_front_of(mut self, server: &Server) -> Self {
        self.options.upstream = Some(server.as_upstream());
        self
    }

    /// Starts it and waits until it answers.
    ///
    /// # Errors
    /// When it cannot be started or does not answer within three minutes: with the end of its log.
    pub fn start(self) -> anyhow::Result<Server> {
        Server::start(&self.services, self.kind, self.options)
    }
}
