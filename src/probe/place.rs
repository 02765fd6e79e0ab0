//! Where this process runs: a sandbox, a container, Linux within Windows, or a machine.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::evidence::{Place, PlaceKind, SocketMount};

/// What is mapped where users have the numbers that they have outside.
const WHOLE: [&str; 3] = ["0", "0", "4294967295"];

/// Looks around, as far as it concerns a socket.
pub(super) fn look_around(socket: &str) -> Place {
    let label = text("/proc/self/attr/current").trim_end_matches(['\0', '\n']).to_owned();
    let mounts = text("/proc/self/mountinfo");
    let (kind, name) = kind(&label, &mounts);
    Place {
        kind,
        name,
        systemd: Path::new("/run/systemd/system").is_dir(),
        user_namespace: text("/proc/self/uid_map").split_whitespace().ne(WHOLE),
        system_ids: system_ids(&text("/etc/os-release")),
        selinux: fs::read_to_string("/sys/fs/selinux/enforce").ok().map(|mode| mode.trim() == "1"),
        mount: mount(&mounts, &real(socket)),
        label,
    }
}

/// The content of a file, empty where it cannot be read.
fn text(path: &str) -> String {
    fs::read(path).map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into())
}

fn kind(label: &str, mounts: &str) -> (PlaceKind, String) {
    let flatpak = text("/.flatpak-info");
    let application = env::var("FLATPAK_ID").ok().or_else(|| setting(&flatpak, "name"));
    if Path::new("/.flatpak-info").exists() || application.is_some() {
        return (PlaceKind::Flatpak, application.unwrap_or_default());
    }
    // Programs that a snap starts outside of it inherit its variables, not its profile.
    if let (Ok(name), true) = (env::var("SNAP_NAME"), label.starts_with("snap.")) {
        return (PlaceKind::Snap, name);
    }
    if let Some(name) = container(mounts) {
        return (PlaceKind::Container, name);
    }
    let is_wsl = text("/proc/sys/kernel/osrelease").to_ascii_lowercase().contains("microsoft");
    let kind = if is_wsl { PlaceKind::Wsl } else { PlaceKind::Machine };
    (kind, String::new())
}

/// What made the container that this is.
fn container(mounts: &str) -> Option<String> {
    if Path::new("/run/.containerenv").exists() {
        return Some("podman".to_owned());
    }
    // Virtual machines that were made from an image of docker have the file as well.
    if Path::new("/.dockerenv").exists() && !is_root_a_device(mounts) {
        return Some("docker".to_owned());
    }
    let named = env::var("container").unwrap_or_else(|_| text("/run/systemd/container"));
    let named = named.trim();
    // Some releases of WSL set it for what is no container.
    (!named.is_empty() && named != "wsl").then(|| named.to_owned())
}

/// Whether the root of all files is a disk of its own.
fn is_root_a_device(mounts: &str) -> bool {
    mounts.lines().any(|line| {
        let is_root = line.split(' ').nth(4) == Some("/");
        let source = line.split_once(" - ").and_then(|(_, rest)| rest.split(' ').nth(1));
        is_root && source.is_some_and(|source| source.starts_with("/dev/"))
    })
}

/// The value of the first line `key=value`.
fn setting(text: &str, key: &str) -> Option<String> {
    let found = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
    Some(found.trim_matches(['"', '\'']).to_owned())
}

fn system_ids(release: &str) -> String {
    let ids = ["ID", "ID_LIKE"].map(|key| setting(release, key).unwrap_or_default());
    ids.join(" ").trim().to_owned()
}

/// The path without links; its last part need not be there.
fn real(socket: &str) -> PathBuf {
    let path = Path::new(socket);
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// The innermost mount on the way, below the folder of all that runs.
fn mount(table: &str, socket: &Path) -> Option<SocketMount> {
    let mounts = table.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (root, point) = (words.nth(3)?, words.next()?);
        let is_on_the_way = socket.starts_with(point) && Path::new(point).iter().count() > 2;
        is_on_the_way.then(|| SocketMount {
            path: point.to_owned(),
            is_socket: Path::new(point) == socket,
            is_gone: root.ends_with("//deleted"),
        })
    });
    // The later of two mounts of one place hides the earlier.
    mounts.max_by_key(|mount| mount.path.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_on_the_way_are_found() {
        let table = "25 1 254:0 / / rw - ext4 /dev/vda rw\n\
            40 25 0:30 / /run rw - tmpfs tmpfs rw\n\
            51 40 0:22 /libvirt /run/libvirt rw - tmpfs tmpfs rw\n\
            52 51 0:22 /libvirt/libvirt-sock//deleted /run/libvirt/libvirt-sock rw - tmpfs tmpfs rw\n";
        let seen = |path: &str| mount(table, Path::new(path));
        assert_eq!(
            seen("/run/libvirt/libvirt-sock"),
            Some(SocketMount {
                path: "/run/libvirt/libvirt-sock".into(),
                is_socket: true,
                is_gone: true
            })
        );
        let folder = seen("/run/libvirt/virtqemud-sock").unwrap();
        assert_eq!((folder.path.as_str(), folder.is_socket), ("/run/libvirt", false));
        assert_eq!(seen("/run/user/1000/libvirt/libvirt-sock"), None);
    }

    #[test]
    fn a_machine_has_a_disk_at_its_root() {
        assert!(is_root_a_device("25 1 254:0 / / rw shared:1 - ext4 /dev/vda rw\n"));
        assert!(!is_root_a_device("25 1 0:52 / / rw - overlay overlay rw,lowerdir=/x\n"));
    }

    #[test]
    fn the_system_says_its_name() {
        let release = "NAME=\"Rocky Linux\"\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n";
        assert_eq!(system_ids(release), "rocky rhel centos fedora");
        assert_eq!(system_ids("ID=debian\n"), "debian");
        assert_eq!(system_ids(""), "");
    }
}
