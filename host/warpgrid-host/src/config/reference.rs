//! The reference page of `warp.toml`, written from the list of keys; a test holds it against the file.

use super::keys::{KEYS, Since};
use std::fmt::Write;

/// The text of `docs/reference/warp-toml.md`.
pub fn reference_page() -> String {
    let mut page = String::from(
        "# warp.toml\n\n\
         The one file of an application. Every key has a default; an empty file is a valid one and grants \
         nothing. An unknown key is an error that suggests the nearest one, except in `[shims]`, where it \
         is a warning. `*` stands for a name that you choose.\n\n\
         This page is written from the code: `BLESS=1 cargo test --release -p warpgrid-host --test config` \
         writes it anew.\n\n\
         ```toml\n\
         [package]\n\
         name = \"users\"\n\n\
         [env]\n\
         APP_NAME = \"users\"\n\
         API_TOKEN = { from = \"USERS_API_TOKEN\" }\n\n\
         [files]\n\
         \"/config\" = { host = \"./config\" }\n\n\
         [registry]\n\
         \"db.production.warp.local\" = [\"10.0.0.5\", \"10.0.0.6\"]\n\n\
         [shims]\n\
         filesystem = { local-time-zone = \"Europe/London\" }\n\
         dns = { ttl-seconds = 30 }\n\
         ```\n\n\
         ## Keys\n\n\
         | key | value | default | meaning |\n|---|---|---|---|\n",
    );
    for key in KEYS.iter().filter(|key| key.since == Since::Now) {
        let (path, shape, default, meaning) = (key.path.join("."), key.shape, key.default, key.meaning);
        // Writing to a text cannot fail.
        let _ = writeln!(page, "| `{path}` | {shape} | {default} | {meaning} |");
    }
    page.push_str(
        "\n## Keys of later versions\n\nPlanned, and an error in this version: nothing that a file asks \
         for is passed over in silence.\n\n| key | meaning |\n|---|---|\n",
    );
    for key in KEYS.iter().filter(|key| key.since == Since::Later) {
        let _ = writeln!(page, "| `{}` | {} |", key.path.join("."), key.meaning);
    }
    page
}
