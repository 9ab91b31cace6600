//! `[bindings]` and the secrets that they refer to.

use crate::{parse, wrong};
use std::path::Path;
use warpgrid_host::WarpConfig;
use warpgrid_host::config::{PoolOptions, TlsMode};

const DB: &str = "[bindings.db]\nprotocol = 'postgres'\naddress = 'db.warp.local:5432'\n";

fn with(line: &str) -> WarpConfig {
    parse(&format!("{DB}{line}")).unwrap().0
}

#[test]
fn the_short_form_has_the_documented_defaults() {
    let config = with("");
    let [binding] = config.bindings.as_slice() else { panic!("{config:?}") };
    assert_eq!((binding.tls.mode, &binding.tls.ca), (TlsMode::VerifyFull, &None));
    assert_eq!(binding.pool, PoolOptions::default());
    assert_eq!((&binding.user, &binding.database, &binding.password), (&None, &None, &None));
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let with = |line: &str| format!("{DB}{line}");
    let other = format!("{DB}[bindings.other]\nprotocol = 'redis'\naddress = 'DB.warp.local:5432'");
    insta::assert_snapshot!(wrong(&[
        "[bindings.db]\naddress = 'db:5432'",
        "[bindings.db]\nprotocol = 'postgres'",
        "[bindings.db]\nprotocol = 'oracle'\naddress = 'db:5432'",
        "[bindings.db]\nprotocol = 'redis'\naddress = 'db'",
        "[bindings.db]\nprotocol = 'redis'\naddress = 'db:0'",
        "[bindings.db]\nprotocol = 'redis'\naddress = 'db:65536'",
        "[bindings.db]\nprotocol = 'redis'\naddress = 'fd00::5:6379'",
        "[bindings.db]\nprotocol = 'postgres'\naddress = 'postgres://app:hunter2@db:5432/app'",
        "bindings = 3",
        &other,
        &with("password = 'hunter2'"),
        &with("password = 12345"),
        &with("password = {}"),
        &with("password = { env = '' }"),
        &with("password = { env = 'A', file = 'b' }"),
        &with("tls = { mode = 'maybe' }"),
        &with("tls = { mode = 'disable', ca = 'ca.pem' }"),
        &with("tls = true"),
        &with("pool = { size = 0 }"),
        &with("pool = { wait-seconds = 'long' }"),
        &with("pool = { reply-seconds = 0 }"),
        &with("server = 'unix:'"),
        &with("server = 'postgres://app:hunter2@db/app'"),
        &with("guest = { user = 'me' }"),
        &with("guest = { user = 'me', password = 'hunter2' }"),
        &with("tls = { mode = 'disable', direct = true }"),
        "[bindings.db]\nprotocol = 'redis'\naddress = 'db:6379'\ndatabase = 'app'",
        &with("[listeners.a]\naddress = '127.0.0.1:6432'"),
        &with("[listeners.a]\nbinding = 'other'\naddress = '127.0.0.1:6432'"),
        &with("[listeners.a]\nbinding = 'db'"),
        &with("[listeners.a]\nbinding = 'db'\naddress = 'localhost:6432'"),
        &with("[listeners.a]\nbinding = 'db'\naddress = '127.0.0.1:1'\nsocket = 'x'"),
        &with("[listeners.a]\nbinding = 'db'\nsocket = 'x'\n[listeners.b]\nbinding = 'db'\nsocket = 'x'"),
        &with("[listeners.a]\nbinding = 'db'\nsocket = 'x'\ntls = { key = 'k.pem' }"),
        &with("[listeners.a]\nbinding = 'db'\nsocket = 'x'\nclients = 0"),
    ]));
}

#[test]
fn a_password_in_the_file_is_refused_and_not_repeated() {
    for line in ["password = 'hunter2'", "password = { value = 'hunter2' }", "password = ['hunter2']"] {
        let error = parse(&format!("{DB}{line}")).unwrap_err();
        assert_eq!(error.line, Some(4), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
    let url = "[bindings.db]\nprotocol = 'postgres'\naddress = 'postgres://app:hunter2@db:5432/app'";
    assert!(!format!("{:?}", parse(url).unwrap_err()).contains("hunter2"));
}

#[test]
fn secrets_are_read_from_the_variable_or_the_file_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("redis"), "from file\r\n").unwrap();
    let text = format!(
        "{DB}password = {{ env = 'DB_PASSWORD' }}\n[bindings.cache]\nprotocol = 'redis'\n\
         address = 'cache:6379'\npassword = {{ file = 'redis' }}\n[bindings.open]\nprotocol = 'redis'\n\
         address = 'open:6379'"
    );
    let (config, _) = parse(&text).unwrap();
    let host = |name: &str| (name == "DB_PASSWORD").then(|| "from variable".to_owned());
    let secrets = config.secrets(folder.path(), host).unwrap();
    let shown: Vec<_> = secrets
        .iter()
        .map(|(name, secret)| (name.as_str(), str::from_utf8(secret.expose()).unwrap()))
        .collect();
    assert_eq!(shown, [("cache", "from file"), ("db", "from variable")]);
    assert_eq!(format!("{:?}", secrets["db"]), "Secret(..)");
}

#[test]
fn a_secret_that_is_not_there_is_named_by_its_place_and_its_binding() {
    let folder = tempfile::tempdir().unwrap();
    let failure = |line: &str, value: Option<&str>| {
        let error = with(line).secrets(folder.path(), |_| value.map(str::to_owned)).unwrap_err();
        error.to_string().replace(&folder.path().display().to_string(), "FOLDER")
    };
    let from = "the password of `bindings.db` is taken from";
    assert_eq!(
        failure("password = { env = 'DB_PASSWORD' }", None),
        format!("{from} the variable `DB_PASSWORD`, which is not set")
    );
    assert_eq!(
        failure("password = { env = 'DB_PASSWORD' }", Some("")),
        format!("{from} the variable `DB_PASSWORD`, which is empty")
    );
    let file = "password = { file = 'secret' }";
    assert_eq!(failure(file, None), format!("{from} `FOLDER/secret`, which cannot be read"));
    std::fs::write(folder.path().join("secret"), "\n").unwrap();
    assert_eq!(failure(file, None), format!("{from} the file `FOLDER/secret`, which is empty"));
    std::fs::write(folder.path().join("secret"), vec![b'x'; (64 << 10) + 1]).unwrap();
    assert_eq!(failure(file, None), format!("{from} `FOLDER/secret`, which is longer than 64 KiB"));
    let missing = with("password = { file = '/nowhere/at/all' }").secrets(Path::new("/"), |_| None);
    assert!(missing.unwrap_err().to_string().contains("`/nowhere/at/all`"));
}
