//! A made-up upstream with a fork of it, in a folder of its own; knows nothing of any particular test.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;
use xshell::Shell;
use xtask::series::fork::Fork;
use xtask::series::rebase::Rebase;
use xtask::series::report::Report;
use xtask::series::upstream::{Pin, PinTable};

/// The file that most tests patch: two functions, far enough apart for two hunks.
pub(crate) const NETDB: &str = "#include <netdb.h>\n\nint resolve(const char *name)\n{\n\tint answer = look_up(name);\n\tif (answer < 0)\n\t\treturn fail(answer);\n\treturn answer;\n}\n\n/* filler one */\n/* filler two */\n/* filler three */\n/* filler four */\n\nint reverse(int address)\n{\n\tconst char *host = table_of_hosts(address);\n\tif (!host)\n\t\treturn not_found(address);\n\treturn copy_name(host);\n}\n";

pub(crate) const OPEN: &str = "#include <fcntl.h>\n\nint open_file(const char *path)\n{\n\tint folder = find_preopen(path);\n\treturn open_at(folder, path);\n}\n";

pub(crate) const HEADER: &str =
    "#ifndef _TIME_H\n#define _TIME_H\n\nstruct tm {\n\tint tm_sec;\n};\n\nlong time(long *);\n\n#endif\n";

/// Folders of one test; removed at its end.
pub(crate) struct Lab {
    folder: TempDir,
    /// Starts every process; its environment can be made hostile.
    pub(crate) sh: Shell,
    pub(crate) pins: Pins,
    #[expect(dead_code, reason = "keeps the original while copies are in use")]
    original: Option<Arc<(TempDir, Pins)>>,
}

/// A pin table that counts writes.
#[derive(Clone)]
pub(crate) struct Pins {
    pub(crate) pin: Pin,
    pub(crate) writes: usize,
}

impl PinTable for Pins {
    fn pin(&self, _fork: &str) -> anyhow::Result<Pin> {
        Ok(self.pin.clone())
    }

    fn write(&mut self, _fork: &str, pin: &Pin) -> anyhow::Result<()> {
        self.pin = pin.clone();
        self.writes += 1;
        Ok(())
    }
}

/// What a patch of the lab says; tests change what they are about.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) feature: String,
    pub(crate) depends_on: Vec<String>,
}

impl Message {
    pub(crate) fn new(subject: &str, feature: &str, depends_on: &[&str]) -> Self {
        Self {
            subject: subject.into(),
            body: "The host knows names that the table does not.\nAn overlay cannot reach this line.\n"
                .into(),
            feature: feature.into(),
            depends_on: depends_on.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut depends_on = String::new();
        for name in &self.depends_on {
            depends_on += &format!("Depends-on: {name}\n");
        }
        if depends_on.is_empty() {
            depends_on = "Depends-on: none\n".into();
        }
        let Self { subject, body, feature, .. } = self;
        format!(
            "{subject}\n\n{body}\nUpstream: N/A specific to this host\nFeature: {feature}\nInterface: warpgrid:shim/dns\n\
             {depends_on}Test: tests/libc/case.c\nSigned-off-by: Ada Example <ada@example.org>\n"
        )
    }
}

impl Lab {
    /// An upstream with one commit, tagged `v1`, and a fork without patches that is pinned to it.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pin = Pin { url: String::new(), revision: "v1".into(), commit: String::new(), tree: None };
        let mut lab =
            Self { folder, sh: Shell::new().unwrap(), pins: Pins { pin, writes: 0 }, original: None };
        fs::create_dir_all(lab.upstream()).unwrap();
        lab.git(&lab.upstream(), &["init", "-q", "-b", "main"]);
        lab.upstream_commit(
            "v1",
            &[
                ("src/netdb.c", Some(NETDB)),
                ("src/open.c", Some(OPEN)),
                ("include/time.h", Some(HEADER)),
                ("CMakeLists.txt", Some("project(demo)\nadd_library(demo\n  src/netdb.c\n  src/open.c)\n")),
            ],
        );
        lab.pins.pin.url = format!("file://{}", lab.upstream().display());
        lab.pins.pin.commit = lab.git(&lab.upstream(), &["rev-parse", "v1^{commit}"]);
        let fork = lab.root().join("forks/demo");
        fs::create_dir_all(fork.join("patches")).unwrap();
        fs::create_dir_all(fork.join("overlay")).unwrap();
        let map = "[header-map]\n\"include/\" = \"include/<triple>/\"\n\"src/\" = \"source-road-only\"\n\
                   \"CMakeLists.txt\" = \"source-road-only\"\n";
        fs::write(fork.join("recipe.toml"), map).unwrap();
        fs::write(fork.join("README.md"), "# demo\n").unwrap();
        lab.write(&lab.root(), "tests/libc/case.c", "int main(void) { return 0; }\n");
        lab
    }

    /// A lab with the series that most tests use: dns (1, 2), fs (3), sockets (4, needs 3). It is made once and
    /// copied; the original goes with the last copy.
    pub(crate) fn with_series() -> Self {
        static ORIGINAL: Mutex<Weak<(TempDir, Pins)>> = Mutex::new(Weak::new());
        let original = {
            let mut kept = ORIGINAL.lock().unwrap_or_else(PoisonError::into_inner);
            kept.upgrade().unwrap_or_else(|| {
                let Self { folder, pins, .. } = Self::make_series();
                let made = Arc::new((folder, pins));
                *kept = Arc::downgrade(&made);
                made
            })
        };
        let folder = tempfile::tempdir().unwrap();
        copy(original.0.path(), folder.path());
        let (sh, pins) = (Shell::new().unwrap(), original.1.clone());
        let mut lab = Self { folder, sh, pins, original: Some(original) };
        lab.pins.pin.url = format!("file://{}", lab.upstream().display());
        lab
    }

    fn make_series() -> Self {
        let mut lab = Self::new();
        lab.apply(&[]);
        lab.add_dns();
        lab.hook("src/netdb.c", "\treturn copy_name(host);\n", "\tname_was_found(host);\n");
        lab.commit(&Message::new("dns: reverse asks the host", "dns", &["0001-dns-resolve-asks-the-host"]));
        lab.hook(
            "src/open.c",
            "\treturn open_at(folder, path);\n",
            "\tif (is_virtual(path))\n\t\treturn open_virtual(path);\n",
        );
        lab.commit(&Message::new("fs: open looks at the virtual map", "fs", &[]));
        lab.hook("include/time.h", "long time(long *);\n", "int proxy_of(int);\n");
        lab.commit(&Message::new(
            "sockets: connect reads the proxy file",
            "sockets",
            &["0003-fs-open-looks-at-the-virtual-map"],
        ));
        lab.export().unwrap();
        lab
    }

    /// One dns patch in the checkout: a hook in `resolve`.
    pub(crate) fn add_dns(&self) {
        self.hook(
            "src/netdb.c",
            "\treturn answer;\n",
            "\tif (host_knows(name))\n\t\treturn ask_host(name);\n",
        );
        self.commit(&Message::new("dns: resolve asks the host", "dns", &[]));
    }

    pub(crate) fn upstream(&self) -> PathBuf {
        self.folder.path().join("up stream")
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    pub(crate) fn checkout(&self) -> PathBuf {
        self.folder.path().join("check out")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn patches(&self) -> PathBuf {
        self.root().join("forks/demo/patches")
    }

    pub(crate) fn fork(&self) -> Fork {
        Fork::open(&self.root(), "demo").unwrap()
    }

    /// Runs git as an ordinary developer would, away from the configuration of this machine.
    pub(crate) fn git(&self, folder: &Path, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(folder)
            .args([
                "-c",
                "user.name=Ada Example",
                "-c",
                "user.email=ada@example.org",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(["-c", "core.editor=true"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", "2026-03-04T05:06:07+0100")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub(crate) fn write(&self, folder: &Path, path: &str, text: &str) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A new commit of upstream with these files written, or removed, and a tag on it.
    pub(crate) fn upstream_commit(&self, tag: &str, files: &[(&str, Option<&str>)]) {
        for (path, text) in files {
            match text {
                Some(text) => self.write(&self.upstream(), path, text),
                None => fs::remove_file(self.upstream().join(path)).unwrap(),
            }
        }
        self.git(&self.upstream(), &["add", "-A"]);
        self.git(&self.upstream(), &["commit", "-q", "-m", tag]);
        self.git(&self.upstream(), &["tag", "-a", "-m", tag, tag]);
    }

    /// Inserts `lines` before the line `anchor` of a file in the checkout.
    pub(crate) fn hook(&self, path: &str, anchor: &str, lines: &str) {
        let text = fs::read_to_string(self.checkout().join(path)).unwrap();
        assert!(text.contains(anchor), "{path} has no {anchor:?}");
        self.write(&self.checkout(), path, &text.replacen(anchor, &format!("{lines}{anchor}"), 1));
    }

    /// Commits everything in the checkout.
    pub(crate) fn commit(&self, message: &Message) {
        self.git(&self.checkout(), &["add", "-A"]);
        self.git(&self.checkout(), &["commit", "-q", "-m", &message.text()]);
    }

    pub(crate) fn with<T>(&self, work: impl FnOnce(&Rebase<'_>) -> T) -> T {
        let (fork, checkout, cache) = (self.fork(), self.checkout(), self.cache());
        let rebase = Rebase {
            sh: &self.sh,
            fork: &fork,
            checkout: &checkout,
            cache: &cache,
            from: None,
            discard: false,
        };
        work(&rebase)
    }

    pub(crate) fn apply(&self, features: &[&str]) -> Report {
        self.try_apply(None, features).unwrap()
    }

    pub(crate) fn try_apply(&self, onto: Option<&str>, features: &[&str]) -> anyhow::Result<Report> {
        let features: Vec<String> = features.iter().map(|&feature| feature.to_owned()).collect();
        self.with(|rebase| rebase.apply(&self.pins.pin, onto, &features))
    }

    pub(crate) fn export(&mut self) -> anyhow::Result<xtask::series::rebase::ExportReport> {
        let mut pins = self.pins.clone();
        let result = self.with(|rebase| rebase.export(&mut pins, None));
        self.pins = pins;
        result
    }

    pub(crate) fn update(&mut self, revision: &str) -> anyhow::Result<Report> {
        let mut pins = self.pins.clone();
        let result = self.with(|rebase| rebase.update(&mut pins, revision));
        self.pins = pins;
        result
    }

    /// Names and bytes of everything in `patches/`.
    pub(crate) fn patch_files(&self) -> Vec<(String, String)> {
        let mut files: Vec<(String, String)> = fs::read_dir(self.patches())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    /// Changes the text of one patch file.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.patches().join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from:?}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// The file names of a report's patches, short.
pub(crate) fn numbers(names: &[String]) -> Vec<&str> {
    names.iter().map(|name| &name[..4]).collect()
}
