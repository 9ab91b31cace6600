//! A real server, a guest that reaches it, and what differs between the ways there; knows no case.

use crate::guests_rust::{Ended, Setup};
use crate::harness::{guest, load};
use crate::http::client::{Served, on_free_port};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::sync::CancellationToken;
use warpgrid_host::http::{HttpServer, HttpService};
use warpgrid_host::instance::{InstanceOptions, Stdio};
use warpgrid_test_services::{ProductKind, Server, ServerBuilder, Services};
use wasmtime_wasi::cli::AsyncStdoutStream;

/// The longest that a guest may take; a busy machine takes long.
const LONGEST: Duration = Duration::from_secs(120);
/// The name under which guests know the server.
const NAME: &str = "db.warp.local";

/// A guest's way to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Road {
    /// Its own connection to a granted address; it logs in by itself.
    Direct,
    /// A session of a binding, which the host has logged in.
    #[expect(dead_code, reason = "no door to the bindings' sessions is open yet")]
    Binding,
}

/// The way of all tests. Here, and in [`World::toml`] and [`World::environment`], is all that depends on it.
pub(crate) const ROAD: Road = Road::Direct;

/// Whether a guest can log in by a method that hides its password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Login {
    /// A driver can: it is given the password, on the direct road.
    Driver,
    /// Raw protocol cannot: on the direct road it is a user without a password.
    Raw,
}

/// A server of the test's own, gone with it.
pub(crate) struct World {
    server: Server,
}

/// A guest program and how it logs in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    /// Its file.
    pub(crate) name: &'static str,
    /// What stands before each sub-command.
    pub(crate) first: &'static [&'static str],
    pub(crate) login: Login,
}

impl World {
    pub(crate) fn postgres() -> Self {
        Self::start(Services::postgres)
    }

    /// With a user `plain`, who has no password.
    pub(crate) fn mariadb() -> Self {
        let world = Self::start(Services::mariadb);
        world.ask("CREATE USER 'plain'@'%' IDENTIFIED BY ''");
        world.ask("GRANT ALL ON app.* TO 'plain'@'%'");
        world
    }

    pub(crate) fn redis() -> Self {
        Self::start(Services::redis)
    }

    fn start(kind: impl FnOnce(&Services) -> ServerBuilder) -> Self {
        let services = Services::from_environment().unwrap();
        Self { server: kind(&services).without_tls().start().unwrap() }
    }

    /// What the server's administrator is told.
    pub(crate) fn ask(&self, text: &str) -> String {
        self.server.admin_sql(text).unwrap()
    }

    /// How many sessions of the server that many connections of one guest take, one after the other.
    pub(crate) fn sessions(&self, connections: usize) -> usize {
        match ROAD {
            Road::Direct => connections,
            Road::Binding => 1,
        }
    }

    /// Whether this program has the password somewhere in its memory.
    pub(crate) fn knows_password(&self, program: Program) -> bool {
        let logs_in = program.login == Login::Driver || self.server.kind() == ProductKind::Redis;
        ROAD == Road::Direct && logs_in
    }

    /// Which dialect the administrator speaks.
    pub(crate) fn is_postgres(&self) -> bool {
        self.server.kind() == ProductKind::Postgres
    }

    /// The password of the user `app`.
    pub(crate) fn password(&self) -> String {
        self.server.password("app")
    }

    fn user(&self, login: Login) -> &'static str {
        match (ROAD, login, self.server.kind()) {
            (Road::Direct, Login::Raw, ProductKind::Postgres) => "app_trust",
            (Road::Direct, Login::Raw, ProductKind::Mariadb) => "plain",
            _ => "app",
        }
    }

    /// The `warp.toml` of every guest of these tests.
    pub(crate) fn toml(&self) -> String {
        let port = self.server.port();
        let registry = format!("[registry]\n'{NAME}' = ['127.0.0.1']\n");
        match ROAD {
            Road::Direct => format!("{registry}[network]\nallow = ['127.0.0.1:{port}']\n"),
            Road::Binding => {
                let protocol = match self.server.kind() {
                    ProductKind::Postgres => "postgres",
                    ProductKind::Redis => "redis",
                    _ => "mysql",
                };
                format!(
                    "{registry}[bindings.db]\nprotocol = '{protocol}'\naddress = '{NAME}:{port}'\nuser = 'app'\n\
                     password = {{ env = 'DB_PASSWORD' }}\ntls = {{ mode = 'disable' }}\n"
                )
            }
        }
    }

    /// The environment of a guest.
    pub(crate) fn environment(&self, login: Login) -> Vec<(String, String)> {
        let database = if self.server.kind() == ProductKind::Redis { "" } else { "app" };
        let port = self.server.port().to_string();
        let mut variables =
            vec![("DB_HOST", NAME), ("DB_PORT", &port), ("DB_NAME", database), ("DB_USER", self.user(login))];
        let password = self.server.password("app");
        if ROAD == Road::Direct && self.user(login) == "app" {
            variables.push(("DB_PASSWORD", &password));
        }
        variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Runs a program to its end.
    pub(crate) async fn run(&self, program: Program, words: &[&str]) -> Ended {
        let (toml, environment) = (self.toml(), self.environment(program.login));
        let environment: Vec<_> = environment.iter().map(|(name, value)| (&**name, &**value)).collect();
        let arguments = [program.first, words].concat();
        let setup =
            Setup { toml: &toml, arguments: &arguments, environment: &environment, ..Setup::default() };
        tokio::time::timeout(LONGEST, setup.run(program.name)).await.expect("the guest ends")
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
        let application = load(&guest(program.name), &self.toml()).unwrap();
        let (sender, receiver) = tokio::io::duplex(4096);
        let arguments = [&[program.name], program.first, words].concat();
        let options = InstanceOptions {
            arguments: arguments.into_iter().map(str::to_owned).collect(),
            environment: self.environment(program.login),
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
        let application = load(&guest(program.name), &self.toml()).unwrap();
        let mut environment = self.environment(program.login);
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
