//! The lines of known_hosts files that are about a host, found as ssh finds them:
//! by name, pattern or hash, with `[host]:port` where the port is not 22.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::agent::fingerprint;
use crate::evidence::KnownKey;

/// A file of known hosts that is longer was made by no person.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The name under which ssh looks for the key of a host. Where the port is not 22 and
/// nothing is found, it looks for the name without the port, too.
/// Source: `get_hostfile_hostname_ipaddr` in `sshconnect.c` of OpenSSH.
pub(crate) fn name(host: &str, port: u16, alias: Option<&str>) -> String {
    match alias {
        Some(alias) => alias.to_lowercase(),
        None if port == 22 => host.to_lowercase(),
        None => format!("[{}]:{port}", host.to_lowercase()),
    }
}

/// What stands for a name that only its hash is known of.
const HASHED: &str = "a hashed name";

/// What the files know of the names that ssh looks for, and who else has the key that
/// the host has shown.
pub(crate) fn look(files: &[String], asked: &[String], shown: Option<&str>) -> Vec<KnownKey> {
    let mut known = Vec::new();
    for file in files {
        let short =
            fs::metadata(Path::new(file)).is_ok_and(|it| it.is_file() && it.len() <= LARGEST);
        let Some(text) = short.then(|| fs::read(file).ok()).flatten() else { continue };
        for (at, line) in String::from_utf8_lossy(&text).lines().enumerate() {
            let Some(entry) = Entry::read(line) else { continue };
            let asked = asked.iter().find(|name| entry.is_about(name));
            let fingerprint =
                STANDARD.decode(entry.key).map(|key| fingerprint(&key)).unwrap_or_default();
            if asked.is_none() && Some(fingerprint.as_str()) != shown {
                continue;
            }
            let written = if entry.names.starts_with('|') { HASHED } else { entry.names };
            known.push(KnownKey {
                file: file.clone(),
                line: at + 1,
                name: asked.map_or(written, String::as_str).to_owned(),
                asked: asked.is_some(),
                kind: entry.kind.to_owned(),
                fingerprint,
                marker: entry.marker.map(str::to_owned),
            });
        }
    }
    known
}

/// A line: marker, names, kind, key.
struct Entry<'l> {
    marker: Option<&'l str>,
    names: &'l str,
    kind: &'l str,
    key: &'l str,
}

impl<'l> Entry<'l> {
    fn read(line: &'l str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let first = words.next().filter(|word| !word.starts_with('#'))?;
        let marker = first.starts_with('@').then_some(first);
        let names = if marker.is_some() { words.next()? } else { first };
        Some(Self { marker, names, kind: words.next()?, key: words.next()? })
    }

    fn is_about(&self, name: &str) -> bool {
        if let Some(hashed) = self.names.strip_prefix("|1|") {
            return is_hash_of(hashed, name).unwrap_or(false);
        }
        let mut matches = false;
        for pattern in self.names.split(',') {
            let pattern = pattern.to_lowercase();
            match pattern.strip_prefix('!') {
                Some(not) if fits(not.as_bytes(), name.as_bytes()) => return false,
                Some(_) => {}
                None => matches |= fits(pattern.as_bytes(), name.as_bytes()),
            }
        }
        matches
    }
}

/// `SALT|HASH`: HMAC-SHA1 of the name under the salt.
fn is_hash_of(hashed: &str, name: &str) -> Option<bool> {
    let (salt, hash) = hashed.split_once('|')?;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &STANDARD.decode(salt).ok()?);
    Some(hmac::verify(&key, name.as_bytes(), &STANDARD.decode(hash).ok()?).is_ok())
}

/// Whether a pattern with `*` and `?` is the whole name.
pub(super) fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut here) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while here < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, here));
                at += 1;
            }
            Some(letter) if *letter == b'?' || *letter == name[here] => {
                at += 1;
                here += 1;
            }
            _ => match star {
                Some((back, from)) => {
                    star = Some((back, from + 1));
                    at = back + 1;
                    here = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_name_has_its_port() {
        assert_eq!(name("KVM1.example", 22, None), "kvm1.example");
        assert_eq!(name("kvm1.example", 2222, None), "[kvm1.example]:2222");
        assert_eq!(name("kvm1.example", 2222, Some("one")), "one");
    }

    #[test]
    fn patterns_fit_the_whole_name() {
        for (pattern, fits_it) in [
            ("kvm1.example", true),
            ("kvm1", false),
            ("*.example", true),
            ("kvm?.*", true),
            ("*", true),
            ("*.test", false),
            ("", false),
        ] {
            assert_eq!(fits(pattern.as_bytes(), b"kvm1.example"), fits_it, "{pattern}");
        }
    }

    #[test]
    fn files_that_ssh_keygen_made_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
        let keygen = |arguments: &[&str]| {
            let output = Command::new("ssh-keygen").args(arguments).output().unwrap();
            assert!(output.status.success(), "{arguments:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        keygen(&["-q", "-t", "ed25519", "-N", "", "-f", &path("key")]);
        let shown = keygen(&["-l", "-f", &path("key.pub")]);
        let public = fs::read_to_string(path("key.pub")).unwrap();
        let public = public.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        fs::write(path("hashed"), format!("[kvm1.example]:2222 {public}\nother {public}\n"))
            .unwrap();
        keygen(&["-q", "-H", "-f", &path("hashed")]);
        fs::write(
            path("plain"),
            format!("# c\n\n@revoked kvm1.example,!x {public}\n!kvm1.example,*.example {public}\n"),
        )
        .unwrap();
        let files = [path("hashed"), path("plain"), path("none")];
        let names = ["[kvm1.example]:2222".to_owned(), "kvm1.example".to_owned()];
        let found = look(&files, &names, None);
        let lines: Vec<_> = found.iter().map(|key| (key.line, key.marker.as_deref())).collect();
        assert_eq!(lines, [(1, None), (3, Some("@revoked"))]);
        let fingerprint = &found[0].fingerprint;
        assert!(shown.contains(fingerprint) && !fingerprint.is_empty(), "{shown}");
        let same = look(&files, &["x.test".to_owned()], Some(fingerprint));
        let names: Vec<_> = same.iter().map(|key| (key.name.as_str(), key.asked)).collect();
        assert_eq!(
            names,
            [
                (HASHED, false),
                (HASHED, false),
                ("kvm1.example,!x", false),
                ("!kvm1.example,*.example", false)
            ]
        );
    }
}
