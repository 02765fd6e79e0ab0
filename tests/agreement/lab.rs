//! A thread with a network, a /run and an /etc of its own, where nothing else can be
//! written to. What runs here finds everything under the same names on any machine.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};

use crate::rooms::Room;

/// All that a run needs and leaves.
pub(crate) const LAB: &str = "/run/lab";
pub(crate) const HOME: &str = "/run/lab/home";
/// `nobody`, on every distribution.
const ORDINARY: u32 = 65534;

/// Certificates that a sanity check takes for those of an authority.
const CA: &str = include_str!("ca.pem");

/// What stands for ssh: it notes how it was called.
const SSH: &str = "#!/bin/sh\nprintf '%s\\0' \"$0\" \"$@\" >\"$HOME/ssh-call\"\n";

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Who {
    Root,
    User,
}

impl Who {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::User => "an ordinary user",
        }
    }
}

/// The namespaces of this thread.
pub(crate) struct Lab {
    who: Who,
}

impl Lab {
    /// Leaves the machine's namespaces, for this thread and what it starts.
    /// With a `root`, another system's files are what is seen from then on.
    pub(crate) fn enter(who: Who, root: Option<&Path>) -> Self {
        unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET)
            .expect("the lab needs root and namespaces");
        let up = Command::new("ip").args(["link", "set", "lo", "up"]).status();
        assert!(up.expect("iproute2 is installed").success(), "lo comes up");
        let bind = MsFlags::MS_BIND;
        let none = None::<&str>;
        mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none).unwrap();
        if let Some(root) = root {
            mount(Some(root), root, none, bind, none).unwrap();
            for folder in ["dev", "proc"] {
                mount(Some(&Path::new("/").join(folder)), &root.join(folder), none, bind, none)
                    .unwrap();
            }
            nix::unistd::chroot(root).unwrap();
            std::env::set_current_dir("/").unwrap();
        }
        let tmpfs = |folder: &str| {
            mount(Some("tmpfs"), folder, Some("tmpfs"), MsFlags::empty(), Some("mode=755"))
                .unwrap();
        };
        tmpfs("/run");
        if !Path::new("/var/run").is_symlink() {
            // Packages that were unpacked and not installed have two folders.
            mount(Some("/run"), "/var/run", none, bind, none).unwrap();
        }
        for folder in ["/run/etc/own", "/run/etc/work"] {
            fs::create_dir_all(folder).unwrap();
        }
        let layers = "lowerdir=/etc,upperdir=/run/etc/own,workdir=/run/etc/work";
        mount(Some("overlay"), "/etc", Some("overlay"), MsFlags::empty(), Some(layers)).unwrap();
        let readonly = bind | MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
        mount(none, "/", none, readonly, none).unwrap();
        fs::write("/etc/resolv.conf", "nameserver 127.0.0.1\n").unwrap();
        fs::write("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n").unwrap();
        // A name that is not in the file is unknown at once: there is nobody to ask.
        fs::write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n").unwrap();
        fs::create_dir_all("/run/lab/bin").unwrap();
        for name in ["ssh", "other-ssh"] {
            program(&Path::new(LAB).join("bin").join(name), SSH);
        }
        Self { who }
    }

    /// The namespaces that this thread is in, for whom they were not made.
    pub(crate) fn entered(who: Who) -> Self {
        Self { who }
    }

    /// Makes the files and folders of a room, and removes those of the last one.
    pub(crate) fn furnish(&self, room: &Room) {
        let own =
            ["daemons", "home", "user", "pki", "config"].map(|name| Path::new(LAB).join(name));
        let of_system = ["/run/libvirt", "/etc/pki", "/etc/libvirt"].map(PathBuf::from);
        for folder in own.iter().chain(&of_system).filter(|folder| folder.exists()) {
            fs::remove_dir_all(folder).unwrap();
        }
        for folder in &own {
            fs::create_dir_all(folder).unwrap();
        }
        fs::create_dir_all("/etc/libvirt").unwrap();
        if let Some(conf) = room.conf {
            write(&self.conf_path(room), conf);
        }
        for file in room.files {
            write(Path::new(file), "");
        }
        if room.certificates {
            write(&Path::new(LAB).join("pki/cacert.pem"), CA);
            let own = Path::new(HOME).join(".pki/libvirt");
            for (folder, name) in
                [(own.as_path(), "cacert.pem"), (Path::new("/etc/pki/CA"), "cacert.pem")]
            {
                write(&folder.join(name), CA);
            }
            for name in ["clientcert.pem", "clientkey.pem"] {
                write(&own.join(name), "no certificate\n");
            }
            write(Path::new("/etc/pki/libvirt/clientcert.pem"), "no certificate\n");
            write(Path::new("/etc/pki/libvirt/private/clientkey.pem"), "no key\n");
        }
        if self.who == Who::User {
            give(Path::new(LAB));
        }
    }

    fn conf_path(&self, room: &Room) -> PathBuf {
        let own = room.environment.iter().find(|(name, _)| *name == "XDG_CONFIG_HOME");
        match self.who {
            Who::Root => "/etc/libvirt/libvirt.conf".into(),
            Who::User => Path::new(own.map_or("/run/lab/home/.config", |(_, folder)| folder))
                .join("libvirt/libvirt.conf"),
        }
    }

    /// A program as this room's user starts it.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>, room: &Room) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs([("HOME", HOME), ("PATH", "/run/lab/bin"), ("LC_ALL", "C")])
            // Where the client looks for daemons to start: there are none.
            .env("VIRTD_PATH", "/run/lab/daemons")
            .envs(room.environment.iter().copied())
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null());
        if self.who == Who::User {
            command.uid(ORDINARY).gid(ORDINARY);
        }
        command
    }

    /// Puts a program where both users can run it.
    pub(crate) fn install(program: &Path) -> PathBuf {
        let place = Path::new("/run").join(program.file_name().unwrap());
        if !place.exists() {
            let copied = Command::new("cp").arg(program).arg(&place).status().unwrap();
            assert!(copied.success());
            fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
        }
        place
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Writes a program by another process: a file that is open for writing in this
/// one cannot be run, and a child of another thread may keep it open.
fn program(path: &Path, text: &str) {
    let mut tee =
        Command::new("tee").arg(path).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    tee.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(tee.wait().unwrap().success());
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Gives a folder and all in it to the ordinary user.
fn give(path: &Path) {
    chown(path, Some(ORDINARY), Some(ORDINARY)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path());
        }
    }
}
