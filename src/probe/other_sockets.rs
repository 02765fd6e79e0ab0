//! libvirt's other sockets beside the plan's.

use std::fs;
use std::path::Path;

use super::socket;
use crate::evidence::SocketSight;

/// Daemons that have a socket for their clients.
const DAEMONS: &[&str] =
    &["libvirt", "virtqemud", "virtxend", "virtlxcd", "virtvboxd", "virtchd", "virtbhyved"];

/// What may listen at a socket and accepts, in the kernel's table.
const ACCEPTING: &str = "00010000";

/// Those that exist, in the plan's folder. Nobody connects to them: systemd would start
/// the daemon behind. The system's own table tells who listens.
pub(super) fn look(path: &str) -> Vec<SocketSight> {
    let Some((folder, name)) = path.rsplit_once('/') else { return Vec::new() };
    let table = fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let names =
        DAEMONS.iter().flat_map(|daemon| ["", "-ro"].map(|end| format!("{daemon}-sock{end}")));
    let paths = names.filter(|other| other != name).map(|other| format!("{folder}/{other}"));
    paths
        .filter(|path| Path::new(path).exists())
        .map(|path| SocketSight {
            listens: listens(&table, Path::new(&path)),
            ..socket::stat(&path)
        })
        .collect()
}

/// Whether the table has somebody who listens there, under the path's own name or
/// without links.
fn listens(table: &str, path: &Path) -> bool {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    table.lines().any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words.get(3) == Some(&ACCEPTING)
            && words.get(7).is_some_and(|name| path == Path::new(name) || real == Path::new(name))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn others_are_seen_without_connecting() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let live = UnixListener::bind(path("virtxend-sock")).unwrap();
        live.set_nonblocking(true).unwrap();
        drop(UnixListener::bind(path("virtlxcd-sock")).unwrap());
        let others = look(path("libvirt-sock").to_str().unwrap());
        let seen: Vec<_> = others
            .iter()
            .map(|other| (other.path.rsplit('/').next().unwrap(), other.listens))
            .collect();
        assert_eq!(seen, [("virtxend-sock", true), ("virtlxcd-sock", false)]);
        assert!(live.accept().is_err(), "nobody came");
    }
}
