//! What can be told of a private key file without the key: the file's own facts
//! and its first bytes, which name the format and the cipher.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nix::unistd::{AccessFlags, eaccess};

use super::socket::user_name;
use crate::evidence::{Identity, KeyFile, KeyFormat};

/// The first line names the format.
const FIRST_LINE: usize = 64;
/// So many characters of base64 hold the magic word and the name of the cipher; the
/// secret part comes behind the public one.
const OPENSSH_HEADER: u64 = 64;
/// An encrypted key goes on with this word, where others begin.
const PEM_HEADER: &str = "Proc-Type:";
/// The line `Encryption: ...`
const PUTTY_HEADER: u64 = 24;
const MAGIC: &[u8] = b"openssh-key-v1\0";

/// Looks at a key file by its path.
pub(crate) fn look(path: String) -> Identity {
    let place = Path::new(&path);
    let Ok(metadata) = fs::metadata(place) else {
        return Identity { path, ..Identity::default() };
    };
    // A FIFO would be waited for.
    let file = metadata.is_file().then(|| File::open(place).ok()).flatten();
    let (format, encrypted) = file.map_or_else(Default::default, kind);
    let file = KeyFile {
        owner: user_name(metadata.uid()),
        mode: metadata.mode() & 0o7777,
        readable: eaccess(place, AccessFlags::R_OK).is_ok(),
        format,
        encrypted,
        has_public: Path::new(&format!("{path}.pub")).exists(),
    };
    Identity { exists: true, file: Some(file), path }
}

/// The format, and whether there is a passphrase.
fn kind(mut file: impl Read) -> (KeyFormat, bool) {
    let first = first_line(&mut file);
    let mut next = |length: u64| {
        let mut text = Vec::new();
        let _ = file.by_ref().take(length).read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    let label = first.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"));
    match label {
        Some("OPENSSH PRIVATE KEY") => (KeyFormat::Openssh, openssh_cipher(&next(OPENSSH_HEADER))),
        Some("ENCRYPTED PRIVATE KEY") => (KeyFormat::Pkcs8, true),
        Some("PRIVATE KEY") => (KeyFormat::Pkcs8, false),
        Some(label) if label.ends_with(" PRIVATE KEY") => {
            (KeyFormat::Pem, next(PEM_HEADER.len() as u64) == PEM_HEADER)
        }
        _ if first.starts_with("PuTTY-User-Key-File-") => {
            let encryption = next(PUTTY_HEADER);
            let cipher = encryption.strip_prefix("Encryption: ").unwrap_or("none");
            (KeyFormat::Putty, !cipher.starts_with("none"))
        }
        _ if ["ssh-", "ecdsa-", "sk-"].iter().any(|start| first.starts_with(start)) => {
            (KeyFormat::Public, false)
        }
        _ => (KeyFormat::Unknown, false),
    }
}

/// Read byte by byte: what follows may be the key.
fn first_line(file: &mut impl Read) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() < FIRST_LINE && file.read_exact(&mut byte).is_ok() && byte[0] != b'\n' {
        line.push(byte[0]);
    }
    String::from_utf8_lossy(&line).trim_end().to_owned()
}

/// Whether the cipher of an OpenSSH key is another one than `none`.
/// Source: `PROTOCOL.key` of OpenSSH.
fn openssh_cipher(body: &str) -> bool {
    let text: String = body.chars().filter(char::is_ascii_graphic).collect();
    let Ok(bytes) = STANDARD.decode(&text[..text.len() / 4 * 4]) else { return false };
    let Some(rest) = bytes.strip_prefix(MAGIC) else { return false };
    let Some((length, rest)) = rest.split_first_chunk::<4>() else { return false };
    let length = u32::from_be_bytes(*length) as usize;
    rest.get(..length).is_some_and(|cipher| cipher != b"none")
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn real_keys_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        for (options, format, encrypted) in [
            (&["-t", "ed25519", "-N", ""][..], KeyFormat::Openssh, false),
            (&["-t", "ed25519", "-N", "secret"], KeyFormat::Openssh, true),
            (&["-t", "ecdsa", "-m", "PEM", "-N", ""], KeyFormat::Pem, false),
            (&["-t", "ecdsa", "-m", "PEM", "-N", "secret"], KeyFormat::Pem, true),
            (&["-t", "ecdsa", "-m", "PKCS8", "-N", ""], KeyFormat::Pkcs8, false),
            (&["-t", "ecdsa", "-m", "PKCS8", "-N", "secret"], KeyFormat::Pkcs8, true),
        ] {
            let path = folder.path().join("key");
            let _ = fs::remove_file(&path);
            let made =
                Command::new("ssh-keygen").arg("-q").args(options).arg("-f").arg(&path).status();
            assert!(made.unwrap().success(), "{options:?}");
            let seen = look(path.to_string_lossy().into_owned());
            let file = seen.file.unwrap();
            assert_eq!((file.format, file.encrypted), (format, encrypted), "{options:?}");
            assert!(seen.exists && file.readable && file.has_public && file.mode == 0o600);
            let public = look(format!("{}.pub", path.display())).file.unwrap();
            assert_eq!(public.format, KeyFormat::Public);
        }
    }

    #[test]
    fn what_is_no_key_is_none() {
        assert_eq!(kind(&b""[..]), (KeyFormat::Unknown, false));
        assert_eq!(
            kind(&b"-----BEGIN OPENSSH PRIVATE KEY-----\n"[..]),
            (KeyFormat::Openssh, false)
        );
        assert_eq!(
            kind(&b"PuTTY-User-Key-File-3: ssh-rsa\r\nEncryption: aes256-cbc\r\nComment: c"[..]),
            (KeyFormat::Putty, true)
        );
        assert_eq!(look("/nonexistent/key".into()).file, None);
    }
}
