//! Names that only ssh knows: `Host` lines of the user's ssh_config, read and not run.
//!
//! Where ssh is on the way it is asked itself (`ssh -G`). Elsewhere it would be
//! wrong to start it for a name that it has nothing to do with.

use std::fs;

use super::host_keys::fits;
use crate::evidence::SshName;

/// Where the file gives a `HostName` to this name.
pub(crate) fn look(name: &str, home: &str) -> Option<SshName> {
    let file = format!("{home}/.ssh/config");
    let text = fs::read(&file).ok()?;
    let (line, hostname) = find(&String::from_utf8_lossy(&text), name)?;
    Some(SshName { file, line, hostname: hostname.replace("%h", name) })
}

/// The line of `Host` and the `HostName` of the first block that is about the name.
fn find(text: &str, name: &str) -> Option<(usize, String)> {
    let mut here: Option<usize> = None;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let Some(end) = line.find([' ', '\t', '=']) else { continue };
        let (keyword, value) = line.split_at(end);
        let value = value.trim_start_matches([' ', '\t', '=']).trim_matches('"');
        if keyword.eq_ignore_ascii_case("host") {
            here = is_about(value, name).then_some(at + 1);
        } else if keyword.eq_ignore_ascii_case("match") {
            here = None;
        } else if let Some(line) = here.filter(|_| keyword.eq_ignore_ascii_case("hostname")) {
            return Some((line, value.to_owned()));
        }
    }
    None
}

/// Whether one of the patterns is this name; `*` alone is every name and tells nothing.
fn is_about(patterns: &str, name: &str) -> bool {
    let mut about = false;
    for pattern in patterns.split_whitespace().map(|word| word.trim_matches('"')) {
        match pattern.strip_prefix('!') {
            Some(not) if fits(not.as_bytes(), name.as_bytes()) => return false,
            Some(_) => {}
            None => about |= pattern != "*" && fits(pattern.as_bytes(), name.as_bytes()),
        }
    }
    about
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_by_their_patterns() {
        let text = "# c\nUser joe\nHost *\n  HostName none.test\nHost kvm7 kvm8\n\tUser x\n\tHostName=192.0.2.7\nMatch host kvm9\n  HostName m.test\nHost !lab1 lab*\n  hostname %h.example\n";
        let found = |name: &str| find(text, name);
        assert_eq!(found("kvm8"), Some((5, "192.0.2.7".to_owned())));
        assert_eq!(found("lab2"), Some((10, "%h.example".to_owned())));
        for name in ["kvm9", "lab1", "other", "joe"] {
            assert_eq!(found(name), None, "{name}");
        }
        assert_eq!(look("kvm7", "/nonexistent"), None);
    }
}
