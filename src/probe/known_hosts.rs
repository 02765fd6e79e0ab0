//! A copy of known_hosts for ssh to write to.
//!
//! With `no_verify`, or where ssh_config accepts new keys, ssh writes the key
//! that it meets into the user's file. A diagnosis leaves no trace: ssh gets a
//! copy, and the copy goes with the probe.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::evidence::SshConfig;

/// A private folder: the log that ssh writes, and perhaps a copy of known_hosts.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: TempDir,
    /// The user's files that the copy was made from.
    originals: Vec<String>,
}

impl Scratch {
    /// Where the system keeps temporary files, or else where one can be made: a container
    /// may have no such folder, or a TMPDIR of another one.
    pub(crate) fn new() -> Option<Self> {
        let own = [std::env::temp_dir()].into_iter();
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let others = ["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from);
        let made = own.chain(runtime).chain(others).find_map(|parent| {
            tempfile::Builder::new().prefix("virt-doctor-").tempdir_in(parent).ok()
        });
        made.map(|folder| Self { folder, originals: Vec::new() })
    }

    /// A file within.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Copies the user's files into one, where ssh would write to them.
    pub(crate) fn copy_known_hosts(
        &mut self,
        config: &SshConfig,
        no_verify: bool,
    ) -> io::Result<Option<PathBuf>> {
        let writes = no_verify
            || matches!(
                config.strict_host_key_checking.as_str(),
                "false" | "no" | "off" | "accept-new"
            );
        if !writes {
            return Ok(None);
        }
        let own = |path: &&String| !path.starts_with("/etc/");
        self.copy(config.known_hosts.iter().filter(own).cloned().collect()).map(Some)
    }

    /// Copies files of known hosts, those that can be read, into one.
    pub(crate) fn copy(&mut self, originals: Vec<String>) -> io::Result<PathBuf> {
        let copy = self.file("known_hosts");
        let mut file = fs::File::create(&copy)?;
        self.originals = originals;
        for original in &self.originals {
            // A FIFO would be waited for.
            let is_file = fs::metadata(Path::new(original)).is_ok_and(|it| it.is_file());
            if let Some(text) = is_file.then(|| fs::read(Path::new(original)).ok()).flatten() {
                file.write_all(&text)?;
                file.write_all(b"\n")?;
            }
        }
        Ok(copy)
    }

    /// ssh's words with the user's own file in the place of the copy.
    pub(crate) fn unmasked(&self, text: &str) -> String {
        let copy = self.file("known_hosts");
        match self.originals.first() {
            Some(original) => text.replace(&copy.to_string_lossy().into_owned(), original),
            None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_copy_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let original = folder.path().join("known_hosts");
        fs::write(&original, "h ssh-ed25519 AAAA").unwrap();
        let known_hosts =
            vec![original.to_string_lossy().into_owned(), "/etc/ssh/ssh_known_hosts".into()];
        let strict = |value: &str| SshConfig {
            known_hosts: known_hosts.clone(),
            strict_host_key_checking: value.into(),
            ..SshConfig::default()
        };
        let mut scratch = Scratch::new().unwrap();
        assert_eq!(scratch.copy_known_hosts(&strict("ask"), false).unwrap(), None);
        let copy = scratch.copy_known_hosts(&strict("accept-new"), false).unwrap().unwrap();
        assert_eq!(fs::read_to_string(&copy).unwrap(), "h ssh-ed25519 AAAA\n");
        assert_eq!(
            scratch.unmasked(&format!("key in {}:1", copy.display())),
            format!("key in {}:1", original.display())
        );
        let gone = copy.clone();
        drop(scratch);
        assert!(!gone.exists());
    }
}
