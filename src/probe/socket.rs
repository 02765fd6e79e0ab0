//! A UNIX socket of this machine: what is there, who may open it, who listens.

use std::ffi::{CString, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;
use nix::unistd::{AccessFlags, Gid, Group, Uid, User, getegid, geteuid, getgrouplist, getgroups};
use tokio::net::UnixStream;

use super::Deadline;
use crate::evidence::{Folder, Peer, SocketKind, SocketSight, UnixConnect};
use crate::text::system_words;

/// The bytes of a path in the address of a UNIX socket, without the NUL at its end.
const LONGEST: usize = 107;
/// How long a daemon may take to accept.
const PATIENCE: Duration = Duration::from_millis(2300);

/// Looks at a socket and connects to it. The stream is given back for the daemon's hop.
pub(crate) async fn look(path: &str, deadline: Deadline) -> (SocketSight, Option<UnixStream>) {
    let mut sight = stat(path);
    let stream = match deadline.within(PATIENCE).limit(connect(path)).await {
        None => {
            sight.connect = Some(UnixConnect::TimedOut);
            None
        }
        Some(Err(error)) => {
            sight.connect = Some(UnixConnect::Failed(system_words(&error)));
            None
        }
        Some(Ok(stream)) => {
            sight.connect = Some(UnixConnect::Accepted);
            sight.peer = peer(&stream);
            Some(stream)
        }
    };
    (sight, stream)
}

/// Whether somebody listens. Nothing is said to them.
pub(crate) async fn accepts(path: &str, deadline: Deadline) -> bool {
    matches!(deadline.within(PATIENCE).limit(connect(path)).await, Some(Ok(_)))
}

/// tokio does not wait where the queue of a UNIX socket is full: the system
/// says `EAGAIN`, and the client, which blocks, would wait.
async fn connect(path: &str) -> io::Result<UnixStream> {
    if path.len() > LONGEST {
        return Err(Errno::ENOMEM.into());
    }
    let address = address(path);
    loop {
        match UnixStream::connect(&address).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            other => return other,
        }
    }
}

/// libvirt makes the first byte NUL where it is `@` (or the end of an empty
/// path), and always hands over the whole address: the name of an abstract
/// socket then ends in NUL bytes. Source: `virNetSocketNewConnectUNIX`.
fn address(path: &str) -> PathBuf {
    if !is_abstract(path) {
        return PathBuf::from(path);
    }
    let mut name = vec![0; LONGEST + 1];
    let rest = path.as_bytes().get(1..).unwrap_or_default();
    name[1..=rest.len()].copy_from_slice(rest);
    PathBuf::from(OsString::from_vec(name))
}

fn is_abstract(path: &str) -> bool {
    path.is_empty() || path.starts_with('@')
}

/// What can be told without connecting.
pub(super) fn stat(path: &str) -> SocketSight {
    let mut sight = SocketSight { path: path.to_owned(), ..SocketSight::default() };
    if path.len() > LONGEST || is_abstract(path) {
        let is_long = path.len() > LONGEST;
        sight.kind = if is_long { SocketKind::TooLong } else { SocketKind::Abstract };
        return sight;
    }
    let target = Path::new(path);
    sight.folders = folders(target);
    let hidden = sight.folders.iter().any(|folder| !folder.searchable);
    let Ok(metadata) = fs::metadata(target) else {
        sight.kind = if hidden { SocketKind::Hidden } else { SocketKind::Missing };
        let closed = sight.folders.iter().find(|folder| !folder.searchable);
        let closed = closed.map(|folder| PathBuf::from(&folder.path));
        sight.beside_mode = closed.as_ref().is_some_and(|folder| {
            fs::metadata(folder).is_ok_and(|metadata| mode_lets(&metadata, 0o1))
        });
        sight.access_list = closed.filter(|folder| has_access_list(folder)).as_deref().map(shown);
        return sight;
    };
    let kind = metadata.file_type();
    sight.kind = match () {
        () if kind.is_socket() => SocketKind::Socket,
        () if kind.is_file() => SocketKind::File,
        () if kind.is_dir() => SocketKind::Folder,
        () => SocketKind::Other,
    };
    sight.owner = user_name(metadata.uid());
    sight.group = group_name(metadata.gid());
    sight.mode = metadata.mode() & 0o7777;
    sight.writable = may(target, AccessFlags::R_OK | AccessFlags::W_OK);
    if !sight.writable {
        sight.beside_mode = mode_lets(&metadata, 0o2);
        sight.access_list = has_access_list(target).then(|| path.to_owned());
    }
    sight.group_not_active =
        !sight.writable && sight.mode & 0o060 == 0o060 && granted_but_not_active(metadata.gid());
    sight
}

/// Every folder on the way that is there, the outermost first.
fn folders(path: &Path) -> Vec<Folder> {
    let mut parents: Vec<PathBuf> = path
        .ancestors()
        .skip(1)
        .filter(|folder| !folder.as_os_str().is_empty())
        .map(Path::to_owned)
        .collect();
    parents.reverse();
    parents
        .iter()
        .filter_map(|folder| {
            let metadata = fs::metadata(folder).ok()?;
            Some(Folder {
                path: folder.to_string_lossy().into_owned(),
                owner: user_name(metadata.uid()),
                group: group_name(metadata.gid()),
                mode: metadata.mode() & 0o7777,
                searchable: may(folder, AccessFlags::X_OK),
            })
        })
        .collect()
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Whether the mode alone would let this process in: the bits of its owner, of its
/// group, or of the others, whichever counts.
fn mode_lets(metadata: &fs::Metadata, wanted: u32) -> bool {
    let gid = Gid::from_raw(metadata.gid());
    let is_member = || getegid() == gid || getgroups().is_ok_and(|groups| groups.contains(&gid));
    let shift = match () {
        () if geteuid().as_raw() == metadata.uid() => 6,
        () if is_member() => 3,
        () => 0,
    };
    metadata.mode() >> shift & wanted == wanted
}

/// Whether it has a list of users and groups beside its mode.
fn has_access_list(path: &Path) -> bool {
    rustix::fs::getxattr(path, "system.posix_acl_access", &mut [0; 1])
        .map_or_else(|error| error == rustix::io::Errno::RANGE, |_| true)
}

/// Whether the effective user may.
fn may(path: &Path, access: AccessFlags) -> bool {
    nix::unistd::eaccess(path, access).is_ok()
}

/// Whether the user database gives the group to this user, but this process does not have it.
fn granted_but_not_active(gid: u32) -> bool {
    let gid = Gid::from_raw(gid);
    let active = getegid() == gid || getgroups().is_ok_and(|groups| groups.contains(&gid));
    let granted = User::from_uid(geteuid()).ok().flatten().is_some_and(|account| {
        let name = CString::new(account.name).unwrap_or_default();
        getgrouplist(&name, account.gid).is_ok_and(|groups| groups.contains(&gid))
    });
    granted && !active
}

pub(super) fn user_name(uid: u32) -> String {
    User::from_uid(Uid::from_raw(uid))
        .ok()
        .flatten()
        .map_or_else(|| uid.to_string(), |user| user.name)
}

fn group_name(gid: u32) -> String {
    Group::from_gid(Gid::from_raw(gid))
        .ok()
        .flatten()
        .map_or_else(|| gid.to_string(), |group| group.name)
}

/// Who listens: the process that made the socket, which under systemd is systemd.
fn peer(stream: &UnixStream) -> Option<Peer> {
    let credentials = getsockopt(stream, PeerCredentials).ok()?;
    let process = fs::read_to_string(format!("/proc/{}/comm", credentials.pid())).ok();
    Some(Peer {
        pid: credentials.pid(),
        uid: credentials.uid(),
        process: process.map(|name| name.trim().to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    fn look_at(path: &Path) -> SocketSight {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(look(path.to_str().unwrap(), Deadline::after(Duration::from_secs(3)))).0
    }

    #[test]
    fn what_is_in_a_sockets_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        assert_eq!(look_at(&path("none")).kind, SocketKind::Missing);
        fs::write(path("file"), "").unwrap();
        let file = look_at(&path("file"));
        assert_eq!(
            (file.kind, file.connect),
            (SocketKind::File, Some(UnixConnect::Failed("Connection refused".into())))
        );
        let listener = UnixListener::bind(path("live")).unwrap();
        let live = look_at(&path("live"));
        assert_eq!(live.connect, Some(UnixConnect::Accepted));
        assert_eq!(live.peer.unwrap().pid, i32::try_from(std::process::id()).unwrap());
        drop(listener);
        assert_eq!(
            look_at(&path("live")).connect,
            Some(UnixConnect::Failed("Connection refused".into()))
        );
    }

    #[test]
    fn names_and_paths_that_no_file_has() {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::SocketAddr;
        let seen = |path: &str| {
            let sight = look_at(Path::new(path));
            (sight.kind, sight.connect.unwrap())
        };
        let refused = || UnixConnect::Failed("Connection refused".into());
        assert_eq!(seen(""), (SocketKind::Abstract, refused()));
        let long = format!("/{}", "x".repeat(LONGEST));
        let no_room = UnixConnect::Failed("Cannot allocate memory".into());
        assert_eq!(seen(&long), (SocketKind::TooLong, no_room));
        // The name itself is another one than the name with what libvirt adds.
        let name = format!("virt-doctor-{}", std::process::id());
        let shown = format!("@{name}");
        let bound = |name: &[u8]| {
            UnixListener::bind_addr(&SocketAddr::from_abstract_name(name).unwrap()).unwrap()
        };
        let _short = bound(name.as_bytes());
        assert_eq!(seen(&shown), (SocketKind::Abstract, refused()));
        let mut padded = name.into_bytes();
        padded.resize(LONGEST, 0);
        let _padded = bound(&padded);
        assert_eq!(seen(&shown), (SocketKind::Abstract, UnixConnect::Accepted));
    }
}
