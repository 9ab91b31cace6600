//! Data folders as a fresh server has them: made once for all checkouts, then copied. Knows not how they are made.
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use anyhow::Context;

use crate::account::Account;
use crate::place::Place;

/// Copies the template `name` to the place's data folder; makes it first, with `make`, when there is none.
///
/// `make` gets a folder that the server's user owns, and leaves the data in it.
pub(crate) fn copy(
    place: &Place,
    name: &str,
    make: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let shelf = place.services.folder().join("templates");
    fs::create_dir_all(&shelf).with_context(|| format!("creating `{}`", shelf.display()))?;
    // A template made for another user can be read by that user alone.
    let user = match place.account {
        Account::Oneself => rustix::process::geteuid().as_raw(),
        Account::Nobody(user, _) => user,
    };
    let name = format!("{name}-{user}");
    let template = shelf.join(&name);
    if !template.is_dir() {
        let path = shelf.join(format!("{name}.lock"));
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("opening the lock `{}`", path.display()))?;
        lock.lock().with_context(|| format!("locking `{}`", path.display()))?;
        if !template.is_dir() {
            // Made beside the server, where its user may write, and then moved over as a whole.
            let made = place.path("template");
            fs::create_dir(&made).with_context(|| format!("creating `{}`", made.display()))?;
            place.account.own(&made)?;
            make(&made).with_context(|| format!("making the data folder `{name}`"))?;
            let arriving = tempfile::Builder::new().prefix(".arriving-").tempdir_in(&shelf);
            let arriving = arriving.with_context(|| format!("making a folder in `{}`", shelf.display()))?;
            copy_folder(&made, &arriving.path().join("data"))?;
            fs::rename(arriving.path().join("data"), &template)
                .with_context(|| format!("moving a data folder to `{}`", template.display()))?;
            fs::remove_dir_all(&made).with_context(|| format!("removing `{}`", made.display()))?;
        }
    }
    copy_folder(&template, &place.data())?;
    place.account.own(&place.data())
}

/// Copies folders and files with their modes. Links and sockets, of which a stopped server leaves none, are left out.
fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    let mode = from.metadata().with_context(|| format!("reading `{}`", from.display()))?.mode();
    fs::create_dir(to).with_context(|| format!("creating `{}`", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("listing `{}`", from.display()))? {
        let entry = entry.with_context(|| format!("listing `{}`", from.display()))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().with_context(|| format!("reading `{}`", path.display()))?;
        if kind.is_dir() {
            copy_folder(&path, &target)?;
        } else if kind.is_file() {
            fs::copy(&path, &target).with_context(|| format!("copying `{}`", path.display()))?;
        }
    }
    fs::set_permissions(to, fs::Permissions::from_mode(mode & 0o777))
        .with_context(|| format!("setting the mode of `{}`", to.display()))
}
