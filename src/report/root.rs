//! File names as a platform wants them: relative to the root of the checkout.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// The folder that the paths of a report are relative to.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    here: PathBuf,
    top: PathBuf,
}

impl Root {
    /// `here` is the current folder; `checkout` one above it, where there is one.
    pub(crate) fn new(here: PathBuf, checkout: Option<PathBuf>) -> Self {
        Self { top: checkout.unwrap_or_else(|| here.clone()), here }
    }

    /// Relative to the root where it lies below, else absolute. Nothing is looked up:
    /// a symbolic link stays one.
    pub(crate) fn path(&self, file: &Path) -> PathBuf {
        let mut whole = PathBuf::new();
        for part in self.here.join(file).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    whole.pop();
                }
                part => whole.push(part),
            }
        }
        whole.strip_prefix(&self.top).map_or_else(|_| whole.clone(), Path::to_owned)
    }

    /// The same as a URI reference (RFC 3986), `file:` where it is absolute.
    pub(crate) fn uri(&self, file: &Path) -> String {
        let path = self.path(file);
        let mut uri = String::from(if path.is_absolute() { "file://" } else { "" });
        for byte in path.as_os_str().as_bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                    uri.push(char::from(*byte));
                }
                other => {
                    let digit = |value: u8| char::from(b"0123456789ABCDEF"[usize::from(value)]);
                    uri.extend(['%', digit(other >> 4), digit(other & 15)]);
                }
            }
        }
        uri
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn files_are_named_from_the_root() {
        let root = Root::new("/repo/infra".into(), Some("/repo".into()));
        for (file, uri) in [
            ("hosts.yml", "infra/hosts.yml"),
            ("./a//b.yml", "infra/a/b.yml"),
            ("../b.yml", "b.yml"),
            ("/repo/c.yml", "c.yml"),
            ("../../d.yml", "file:///d.yml"),
            ("/repository/e.yml", "file:///repository/e.yml"),
            ("a b:ü%.yml", "infra/a%20b%3A%C3%BC%25.yml"),
            ("<stdin>", "infra/%3Cstdin%3E"),
        ] {
            assert_eq!(root.uri(Path::new(file)), uri, "{file}");
        }
        let bytes = Path::new(OsStr::from_bytes(b"\xff.yml"));
        assert_eq!(root.uri(bytes), "infra/%FF.yml");
        assert_eq!(Root::new("/repo".into(), None).path(Path::new("x.yml")), Path::new("x.yml"));
    }
}
