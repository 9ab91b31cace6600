//! Debian packages: from a repository that the test makes, configured through apt's own configuration, and one small
//! package of the real archive as root and as an ordinary user.
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use xtask::digest::{sha256_hex, sha256_of_file};
use xtask::manifest::Manifest;
use xtask::source::{FetchOptions, unpack};

use crate::support::{fetch, manifest, options, told, unreachable};

/// Set for a copy of this test program that runs as another user.
const ROLE: &str = "XTASK_DEBIAN_TEST_FOLDER";

/// Builds `tiny_<version>_all.deb` and a repository with it as suite `bookworm`; gives the package's digest.
fn repository(root: &Path, version: &str) -> String {
    let files = root.join("files");
    fs::create_dir_all(files.join("DEBIAN")).unwrap();
    fs::create_dir_all(files.join("usr/share/tiny")).unwrap();
    fs::write(files.join("usr/share/tiny/hello"), format!("hello {version}\n")).unwrap();
    let control = format!(
        "Package: tiny\nVersion: {version}\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: t\n"
    );
    fs::write(files.join("DEBIAN/control"), &control).unwrap();
    let name = format!("tiny_{}_all.deb", version.replace(':', "%3a"));
    let pool = root.join("repo/pool");
    fs::create_dir_all(&pool).unwrap();
    let deb = pool.join(&name);
    let built =
        Command::new("dpkg-deb").args(["--root-owner-group", "--build"]).arg(&files).arg(&deb).output();
    assert!(built.unwrap().status.success());
    let (sha256, size) = (sha256_of_file(&deb).unwrap(), fs::metadata(&deb).unwrap().len());

    let lists = root.join("repo/dists/bookworm/main/binary-amd64");
    fs::create_dir_all(&lists).unwrap();
    let packages = format!("{}Filename: pool/{name}\nSize: {size}\nSHA256: {sha256}\n\n", control);
    fs::write(lists.join("Packages"), &packages).unwrap();
    let release = format!(
        "Suite: bookworm\nCodename: bookworm\nComponents: main\nArchitectures: amd64\nSHA256:\n {} {} \
         main/binary-amd64/Packages\n",
        sha256_hex(packages.as_bytes()),
        packages.len()
    );
    fs::write(root.join("repo/dists/bookworm/Release"), release).unwrap();
    sha256
}

/// Options whose apt knows only the repository under `root`.
fn configured(root: &Path) -> FetchOptions {
    let list = root.join("sources.list");
    fs::write(&list, format!("deb file://{}/repo bookworm main\n", root.display())).unwrap();
    let config = root.join("apt.conf");
    let text = format!(
        "Dir::Etc::sourcelist \"{}\";\nDir::Etc::sourceparts \"-\";\n\
         Acquire::AllowInsecureRepositories \"true\";\nAPT::Get::AllowUnauthenticated \"true\";\n",
        list.display()
    );
    fs::write(&config, text).unwrap();
    let mut options = options(&root.join("cache"));
    options.clients.env.push(("APT_CONFIG".into(), config.into()));
    options
}

fn pinned(package: &str, version: &str, sha256: &str) -> Manifest {
    let escaped = version.replace(':', "%3a");
    manifest(
        &format!("[[source]]\nkind = \"debian\"\nsuite = \"bookworm\"\npackage = \"{package}\"\n"),
        &format!(
            "[[pin]]\nkind = \"debian\"\nname = \"{package}\"\nversion = \"{version}\"\n\
             file = \"{package}_{escaped}_all.deb\"\nsha256 = \"{sha256}\"\n"
        ),
    )
}

#[test]
fn a_package_arrives_is_unpacked_and_is_at_hand_without_apt_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let sha256 = repository(folder.path(), "1:2.0-3");
    let mut options = configured(folder.path());
    let manifest = pinned("tiny", "1:2.0-3", &sha256);
    fetch(&options, &manifest).unwrap();
    options.clients.path = "/nowhere".into();
    let artifact = fetch(&options, &manifest).unwrap().artifacts.remove(0);
    assert_eq!(artifact.file, "tiny_1%3a2.0-3_all.deb");
    let out = folder.path().join("out");
    unpack::deb(&artifact.path, &out).unwrap();
    assert_eq!(fs::read_to_string(out.join("usr/share/tiny/hello")).unwrap(), "hello 1:2.0-3\n");
}

#[test]
fn a_version_that_is_gone_is_said_with_the_current_one_and_both_ways_out() {
    let folder = tempfile::tempdir().unwrap();
    let sha256 = repository(folder.path(), "2.1");
    let text = told(&fetch(&configured(folder.path()), &pinned("tiny", "2.0", &sha256)).unwrap_err());
    assert!(
        text.contains("version 2.0 of package `tiny` is gone from suite `bookworm`, which now carries 2.1"),
        "{text}"
    );
    assert!(text.contains("hint: run `cargo xtask pin example`"), "{text}");
    assert!(text.contains("`tiny_2.0_all.deb` into the folder `$WARPGRID_DISTFILES`"), "{text}");
}

#[test]
fn a_package_that_the_suite_does_not_have_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let sha256 = repository(folder.path(), "2.0");
    let text = told(&fetch(&configured(folder.path()), &pinned("tinny", "2.0", &sha256)).unwrap_err());
    assert!(text.contains("suite `bookworm` has no package `tinny`"), "{text}");
}

#[test]
fn other_bytes_than_pinned_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let sha256 = repository(folder.path(), "2.0");
    let wrong = "0".repeat(64);
    let text = told(&fetch(&configured(folder.path()), &pinned("tiny", "2.0", &wrong)).unwrap_err());
    for part in ["source `debian`", "`example`", "`tiny_2.0_all.deb`", &wrong, &sha256] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
}

#[test]
fn what_a_killed_run_left_is_continued_or_thrown_away_but_never_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let sha256 = repository(folder.path(), "2.0");
    let good = fs::read(folder.path().join("repo/pool/tiny_2.0_all.deb")).unwrap();
    let left =
        [good.clone(), good[..100].to_vec(), vec![7; 100], vec![7; good.len()], vec![7; good.len() + 9]];
    for bytes in left {
        let options = configured(folder.path());
        let partial = options.cache.join("partial/debian");
        fs::create_dir_all(&partial).unwrap();
        fs::write(partial.join("tiny_2.0_all.deb"), &bytes).unwrap();
        let mut manifest = pinned("tiny", "2.0", &sha256);
        let xtask::manifest::Pinned::File { size, .. } = &mut manifest.pins[0].pinned else { panic!() };
        *size = Some(good.len() as u64);
        let fetched = fetch(&options, &manifest).unwrap();
        assert_eq!(fs::read(&fetched.artifacts[0].path).unwrap(), good);
        assert!(fs::read_dir(partial).unwrap().next().is_none());
        fs::remove_dir_all(&options.cache).unwrap();
    }
}

#[test]
fn a_suite_that_does_not_answer_and_a_missing_client_are_said() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("repo")).unwrap();
    let mut options = configured(folder.path());
    let manifest = pinned("tiny", "2.0", &"0".repeat(64));
    let text = told(&fetch(&options, &manifest).unwrap_err());
    assert!(
        text.starts_with("no source of input `example` answers\n  debian: `apt-get update` failed"),
        "{text}"
    );
    options.clients.path = "/nowhere".into();
    let text = told(&fetch(&options, &manifest).unwrap_err());
    assert!(text.contains("the program `apt-get` is not installed"), "{text}");
}

#[test]
fn one_package_of_the_real_archive_arrives() {
    let folder = tempfile::tempdir().unwrap();
    fetch_a_real_package(folder.path());
}

/// The pins of `faketime` in this project's manifest.
fn fetch_a_real_package(cache: &Path) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sdk-manifest.toml");
    let manifest = Manifest::load(&path).unwrap();
    let fetcher = xtask::source::Fetcher::new(options(cache)).unwrap();
    match fetcher.fetch(&manifest, &["faketime"]) {
        Ok(fetched) => unpack::deb(&fetched[0].artifacts[0].path, &cache.join("out")).unwrap(),
        // A suite drops a version when the next one comes: said well is all that can be asked here.
        Err(error) if told(&error).contains("is gone from suite") => eprintln!("skipped: {}", told(&error)),
        Err(error) => assert!(unreachable("the Debian archive", &error), "{}", told(&error)),
    }
}

/// Not a test of its own: what the other user does when the next test starts it.
#[test]
fn as_the_other_user() {
    if let Some(folder) = std::env::var_os(ROLE) {
        fetch_a_real_package(&Path::new(&folder).join("cache"));
        println!("arrived");
    }
}

#[test]
fn an_ordinary_user_gets_packages_as_well() {
    let folder = tempfile::Builder::new().prefix("debian-nobody").tempdir_in("/tmp").unwrap();
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: this test run is no root's, so the test beside it has shown this already");
        return;
    }
    let program = std::env::current_exe().unwrap();
    let open = |folder: &Path| folder.metadata().is_ok_and(|folder| folder.permissions().mode() & 0o001 != 0);
    if !program.ancestors().skip(1).all(open) {
        eprintln!("skipped: another user cannot reach `{}`", program.display());
        return;
    }
    const NOBODY: u32 = 65534;
    std::os::unix::fs::chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "debian::as_the_other_user", "--nocapture"])
        .env(ROLE, folder.path())
        .env("HOME", folder.path())
        .current_dir("/")
        .gid(NOBODY)
        .uid(NOBODY)
        .output();
    match output {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.contains("arrived"), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        }
        Err(error) => eprintln!("skipped: `nobody` may not start this test program: {error}"),
    }
}
