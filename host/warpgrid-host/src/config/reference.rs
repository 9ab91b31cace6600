//! The reference page of `warp.toml`, written from the list of keys; a test holds it against the file.

use super::keys;
use std::fmt::Write;

/// The text of `docs/reference/warp-toml.md`.
pub fn reference_page() -> String {
    let mut page = String::from(
        "# warp.toml\n\n\
         The one file of an application. Every key has a default; an empty file is a valid one and grants \
         nothing. An unknown key is an error that suggests the nearest one, except in `[shims]`, where it \
         is a warning. `*` stands for a name that you choose. A size is a text with a unit, such as \
         `\"64KiB\"` or `\"128MiB\"`, or a number of bytes; seconds are a number and may have a fraction.\n\n\
         This page is written from the code: `BLESS=1 cargo test --release -p warpgrid-host --test config` \
         writes it anew.\n\n\
         ```toml\n\
         [package]\n\
         name = \"users\"\n\
         \n\
         [http]\n\
         listen = \"127.0.0.1:8080\"\n\
         \n\
         [env]\n\
         APP_NAME = \"users\"\n\
         API_TOKEN = { from = \"USERS_API_TOKEN\" }\n\
         \n\
         [files]\n\
         \"/config\" = { host = \"./config\" }\n\
         \"/tmp\" = { scratch = true }\n\
         \n\
         [registry]\n\
         \"cache.production.warp.local\" = [\"10.0.0.5\", \"10.0.0.6\"]\n\
         \n\
         [network]\n\
         allow = [\"api.example.com:443\"]\n\
         \n\
         [limits]\n\
         memory = \"256MiB\"\n\
         request-seconds = 10\n\
         \n\
         [shims]\n\
         filesystem = { local-time-zone = \"Europe/London\" }\n\
         dns = { ttl-seconds = 30 }\n\
         \n\
         [bindings.db]\n\
         protocol = \"postgres\"\n\
         address = \"db.production.warp.local:5432\"\n\
         database = \"app\"\n\
         user = \"app\"\n\
         password = { env = \"APP_DB_PASSWORD\" }\n\
         \n\
         [services.notify]\n\
         component = \"../notify/dist/notify.wasm\"\n\
         ```\n\n\
         ## Keys\n\n\
         | key | value | default | meaning |\n|---|---|---|---|\n",
    );
    for key in keys::all() {
        let (path, shape, default, meaning) = (key.path.join("."), key.shape, key.default, key.meaning);
        // Writing to a text cannot fail.
        let _ = writeln!(page, "| `{path}` | {shape} | {default} | {meaning} |");
    }
    page
}
