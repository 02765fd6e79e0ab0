//! Whether the client could start the user's own daemon. A check starts none.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{AccessFlags, eaccess};

use super::socket;
use crate::evidence::UserDaemon;
use crate::settings::Machine;
use crate::text::system_words;

/// Where builds of libvirt have their daemons, the most usual first.
const FOLDERS: &[&str] =
    &["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin", "/app/bin", "/app/sbin"];

/// What starting `daemon` would need.
pub(super) fn look(daemon: &str, machine: &Machine) -> UserDaemon {
    let given = machine.variable("VIRTD_PATH").or_else(|| machine.variable("LIBVIRTD_PATH"));
    let places: Vec<String> = match given.filter(|path| !path.is_empty()) {
        Some(path) => vec![path.to_owned()],
        None => FOLDERS.iter().map(|folder| format!("{folder}/{daemon}")).collect(),
    };
    let runs = |path: &&String| eaccess(Path::new(path), AccessFlags::X_OK).is_ok();
    let found = places.iter().find(runs);
    let folder = machine.user_sockets();
    let (error, owner) = can_be_made(Path::new(&folder));
    UserDaemon {
        program: found.or(places.first()).cloned().unwrap_or_default(),
        runs: found.is_some(),
        exists: Path::new(&folder).is_dir(),
        folder,
        error,
        owner,
    }
}

/// Why the client could not make the folder, or write in it, and whose the nearest one is.
fn can_be_made(folder: &Path) -> (Option<String>, String) {
    for place in folder.ancestors() {
        let Ok(metadata) = fs::metadata(place) else { continue };
        let error = if metadata.is_dir() {
            eaccess(place, AccessFlags::W_OK | AccessFlags::X_OK)
                .err()
                .map(|error| system_words(&std::io::Error::from(error)))
        } else {
            Some("Not a directory".to_owned())
        };
        return (error, socket::user_name(metadata.uid()));
    }
    (None, String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_where_its_parent_lets_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(can_be_made(&folder.path().join("libvirt")).0, None);
        fs::write(folder.path().join("file"), "").unwrap();
        assert_eq!(
            can_be_made(&folder.path().join("file/libvirt")).0.as_deref(),
            Some("Not a directory")
        );
    }
}
