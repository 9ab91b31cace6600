//! Redis: its settings and users. Knows nothing of its protocol beyond a first question.
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::client::ClientProgram;
use crate::product::{Product, Setting};
use crate::ready;

pub(crate) struct Redis;

impl Product for Redis {
    fn users(&self) -> &'static [&'static str] {
        &["default", "app"]
    }

    fn has_tls_port(&self) -> bool {
        true
    }

    fn prepare(&self, setting: &Setting) -> anyhow::Result<()> {
        let place = &setting.place;
        let data = place.data();
        std::fs::create_dir(&data)
            .map_err(|error| anyhow::anyhow!("creating `{}`: {error}", data.display()))?;
        place.account.own(&data)?;
        place.write("redis.conf", &configuration(setting)).map(drop)
    }

    fn program(&self, setting: &Setting) -> anyhow::Result<ClientProgram> {
        Ok(setting.place.services.program("redis-server")?.arg(setting.place.path("redis.conf")))
    }

    fn socket(&self, setting: &Setting) -> PathBuf {
        setting.place.path("socket/redis.sock")
    }

    fn is_ready(&self, setting: &Setting) -> bool {
        // It knows us not, but it answers; while it reads its data it says `-LOADING`.
        let answer = ready::first_bytes(&self.socket(setting), b"PING\r\n");
        answer.starts_with(b"-NOAUTH") || answer.starts_with(b"+PONG")
    }

    fn admin(&self, setting: &Setting, text: &str) -> anyhow::Result<ClientProgram> {
        Ok(setting
            .place
            .services
            .program("redis-cli")?
            .arg("-s")
            .arg(self.socket(setting))
            // An error of the server is an error of the program.
            .arg("-e")
            .args(text.split_whitespace())
            .envs([("REDISCLI_AUTH", setting.password("default"))]))
    }

    fn environment(&self, setting: &Setting, user: &str) -> Vec<(&'static str, String)> {
        vec![
            ("REDIS_URL", self.address(setting, user)),
            ("REDIS_HOST", "127.0.0.1".to_owned()),
            ("REDIS_PORT", setting.port.to_string()),
            ("REDIS_TLS_PORT", setting.tls_port.to_string()),
            ("REDIS_USER", user.to_owned()),
            ("REDISCLI_AUTH", setting.password(user).to_owned()),
            ("REDIS_CA", setting.authority()),
        ]
    }

    fn address(&self, setting: &Setting, user: &str) -> String {
        let (scheme, port) = match setting.options.require_tls {
            true => ("rediss", setting.tls_port),
            false => ("redis", setting.port),
        };
        format!("{scheme}://{user}:{}@127.0.0.1:{port}", setting.password(user))
    }
}

fn configuration(setting: &Setting) -> String {
    let place = &setting.place;
    let port = if setting.options.require_tls { 0 } else { setting.port };
    let mut lines: Vec<(&str, String)> = vec![
        ("bind", "127.0.0.1".to_owned()),
        ("port", port.to_string()),
        ("unixsocket", place.path("socket/redis.sock").display().to_string()),
        ("unixsocketperm", "700".to_owned()),
        ("dir", place.data().display().to_string()),
        ("databases", "64".to_owned()),
        ("maxclients", setting.options.max_connections.to_string()),
        // In the hands of the system before each answer: survives the death of the server.
        ("save", "\"\"".to_owned()),
        ("appendonly", "yes".to_owned()),
        ("appendfsync", "no".to_owned()),
        ("auto-aof-rewrite-percentage", "0".to_owned()),
        ("user", format!("default on >{} ~* &* +@all", setting.password("default"))),
        ("user", format!("app on >{} ~* &* +@all", setting.password("app"))),
    ];
    if setting.options.tls {
        lines.push(("tls-port", setting.tls_port.to_string()));
        lines.push(("tls-cert-file", setting.certificate()));
        lines.push(("tls-key-file", setting.key()));
        lines.push(("tls-ca-cert-file", setting.authority()));
        lines.push(("tls-auth-clients", "no".to_owned()));
    }
    lines.extend(setting.options.settings.iter().map(|(name, value)| (name.as_str(), value.clone())));
    lines.iter().fold(String::new(), |mut text, (name, value)| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name} {value}");
        text
    })
}
