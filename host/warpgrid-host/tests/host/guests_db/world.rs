//! A real server, a guest that reaches it, and what differs between the ways there; knows no case.

use crate::guests_rust::{Ended, Setup};
use crate::harness::{engine, guest};
use crate::http::client::{Served, on_free_port};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::sync::CancellationToken;
use warpgrid_grants::names::ServiceRegistry;
use warpgrid_host::databases::pool_manager;
use warpgrid_host::http::{HttpServer, HttpService};
use warpgrid_host::instance::{InstanceOptions, Stdio};
use warpgrid_host::{Application, WarpConfig};
use warpgrid_pool::ConnectionPoolManager;
use warpgrid_pool::stats::PoolStats;
use warpgrid_test_services::{ProductKind, Server, ServerBuilder, Services};
use wasmtime_wasi::cli::AsyncStdoutStream;

/// The longest that a guest may take; a busy machine takes long.
const LONGEST: Duration = Duration::from_secs(120);
/// The name under which guests know the server.
const NAME: &str = "db.warp.local";

/// A server of the test's own with a pool in front of it, gone with it.
pub(crate) struct World {
    server: Server,
    pools: Arc<ConnectionPoolManager>,
}

/// A guest program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    /// Its file.
    pub(crate) name: &'static str,
    /// What stands before each sub-command.
    pub(crate) first: &'static [&'static str],
}

impl World {
    pub(crate) fn postgres() -> Self {
        Self::start(Services::postgres)
    }

    pub(crate) fn mariadb() -> Self {
        Self::start(Services::mariadb)
    }

    pub(crate) fn redis() -> Self {
        Self::start(Services::redis)
    }

    fn start(kind: impl FnOnce(&Services) -> ServerBuilder) -> Self {
        let services = Services::from_environment().unwrap();
        let pools = pool_manager(ServiceRegistry::default());
        Self { server: kind(&services).without_tls().start().unwrap(), pools }
    }

    /// The numbers of the pool.
    pub(crate) fn pool(&self) -> PoolStats {
        self.pools.stats().pop().unwrap_or_default()
    }

    /// What the server's administrator is told.
    pub(crate) fn ask(&self, text: &str) -> String {
        self.server.admin_sql(text).unwrap()
    }

    /// Which dialect the administrator speaks.
    pub(crate) fn is_postgres(&self) -> bool {
        self.server.kind() == ProductKind::Postgres
    }

    /// The password of the user `app`.
    pub(crate) fn password(&self) -> String {
        self.server.password("app")
    }

    /// The `warp.toml` of every guest of these tests.
    fn toml(&self) -> String {
        let (protocol, database) = match self.server.kind() {
            ProductKind::Postgres => ("postgres", "database = 'app'\n"),
            ProductKind::Redis => ("redis", ""),
            _ => ("mysql", "database = 'app'\n"),
        };
        let port = self.server.port();
        format!(
            "[bindings.db]\nprotocol = '{protocol}'\naddress = '{NAME}:{port}'\nserver = '127.0.0.1:{port}'\n\
             user = 'app'\n{database}password = {{ env = 'APP_DB_PASSWORD' }}\ntls = {{ mode = 'disable' }}\n"
        )
    }

    /// An application whose binding `db` leads to the server.
    pub(crate) fn application(&self, program: Program) -> Application {
        let (config, _) = WarpConfig::parse(&self.toml(), Path::new("warp.toml")).unwrap();
        let secrets = config.secrets(Path::new(""), |_| Some(self.password())).unwrap();
        let mut app = config.app_config("app", Path::new("")).unwrap();
        app.databases = Arc::new(config.databases(&self.pools, "app", &secrets, Path::new("")).unwrap());
        engine(config.shims).unwrap().load_module(&guest(program.name), app).unwrap()
    }

    /// The environment of a guest: no password.
    fn environment(&self) -> Vec<(String, String)> {
        let database = if self.server.kind() == ProductKind::Redis { "" } else { "app" };
        let port = self.server.port().to_string();
        let variables = [("DB_HOST", NAME), ("DB_PORT", &port), ("DB_NAME", database), ("DB_USER", "app")];
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Runs a program to its end.
    pub(crate) async fn run(&self, program: Program, words: &[&str]) -> Ended {
        let environment = self.environment();
        let environment: Vec<_> = environment.iter().map(|(name, value)| (&**name, &**value)).collect();
        let arguments = [program.first, words].concat();
        let setup = Setup { arguments: &arguments, environment: &environment, ..Setup::default() };
        let application = self.application(program);
        let ended = tokio::time::timeout(LONGEST, setup.run_on(&application, program.name)).await;
        ended.expect("the guest ends")
    }

    /// What it printed, when it ended well.
    pub(crate) async fn text(&self, program: Program, words: &[&str]) -> String {
        self.run(program, words).await.text()
    }

    /// Runs a program until it prints a line, does something while it runs on, and cuts it off.
    pub(crate) async fn beside<T>(
        &self,
        program: Program,
        words: &[&str],
        line: &str,
        meanwhile: impl Future<Output = T>,
    ) -> T {
        let application = self.application(program);
        let (sender, receiver) = tokio::io::duplex(4096);
        let arguments = [&[program.name], program.first, words].concat();
        let options = InstanceOptions {
            arguments: arguments.into_iter().map(str::to_owned).collect(),
            environment: self.environment(),
            stdio: Stdio::Streams {
                input: None,
                output: Some(Box::new(AsyncStdoutStream::new(4096, sender))),
                error: None,
            },
            ..InstanceOptions::default()
        };
        let mut lines = BufReader::new(receiver).lines();
        let told = async {
            while lines.next_line().await.unwrap().expect("the guest gets that far") != line {}
            meanwhile.await
        };
        tokio::select! {
            outcome = application.instantiate(options).run() => panic!("it ended by itself: {outcome:?}"),
            done = tokio::time::timeout(LONGEST, told) => done.expect("all of it is done in time"),
        }
    }

    /// Runs a program until it prints a line, and cuts it off there.
    pub(crate) async fn cut_after(&self, program: Program, words: &[&str], line: &str) {
        self.beside(program, words, line, std::future::ready(())).await;
    }

    /// Serves a service with more variables.
    pub(crate) async fn serve(&self, program: Program, more: &[(&str, &str)]) -> Served {
        let application = self.application(program);
        let mut environment = self.environment();
        environment.extend(more.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())));
        let options =
            move || InstanceOptions { environment: environment.clone(), ..InstanceOptions::default() };
        let service = HttpService::new(Arc::new(application), on_free_port(), Arc::new(options)).unwrap();
        let service = Arc::new(service);
        let server = HttpServer::bind(service.clone()).await.unwrap();
        let address = server.address();
        let (drain, now) = (CancellationToken::new(), CancellationToken::new());
        let task = tokio::spawn(server.run(drain.clone().cancelled_owned(), now.clone().cancelled_owned()));
        Served { address, service, drain, now, task }
    }
}

/// A word as the guests take one that they look for: each bit turned round, so that the word itself is nowhere.
pub(crate) fn hidden(word: &str) -> String {
    word.bytes().map(|byte| format!("{:02x}", !byte)).collect()
}
