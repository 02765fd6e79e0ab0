//! A folder with what no file of a repository can be, and a good file with a mistake.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use nix::sys::stat::Mode;

use crate::run::{Ran, Run};

/// What a run may take, in MiB.
const MEMORY: u64 = 512;

/// A run that aborts where its memory does not suffice.
pub(crate) fn bounded(arguments: &[&str]) -> Run {
    let mut command = Command::new("prlimit");
    command.arg(format!("--as={}", MEMORY << 20)).arg(env!("CARGO_BIN_EXE_virt-doctor"));
    Run::through(command, arguments)
}

/// The name of the good file.
pub(crate) const GOOD: &str = "good.yml";

pub(crate) struct Hostile(tempfile::TempDir);

impl Hostile {
    pub(crate) fn new() -> Self {
        let hostile = Self(tempfile::tempdir().unwrap());
        hostile.write(GOOD, b"libvirt_uri: qemu:///sytem\n");
        hostile
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn lint(&self, arguments: &[&str]) -> Ran {
        bounded(&[&["lint"], arguments].concat()).folder(self.path()).run()
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path().join(name), bytes).unwrap();
    }

    pub(crate) fn fifo(&self, name: &str) {
        nix::unistd::mkfifo(&self.path().join(name), Mode::S_IRWXU).unwrap();
    }

    pub(crate) fn socket(&self, name: &str) {
        UnixListener::bind(self.path().join(name)).unwrap();
    }

    pub(crate) fn link(&self, name: &str, to: &str) {
        std::os::unix::fs::symlink(to, self.path().join(name)).unwrap();
    }

    /// A file of this length that takes no room on the disk.
    pub(crate) fn sparse(&self, name: &str, length: u64) {
        fs::File::create(self.path().join(name)).unwrap().set_len(length).unwrap();
    }

    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
}
