//! Names that only ssh knows: `Host` lines of the user's ssh_config, read and not run.
//!
//! Where ssh is on the way it is asked itself (`ssh -G`). Elsewhere it would be
//! wrong to start it for a name that it has nothing to do with.

use std::fs;

use super::host_keys::fits;
use crate::evidence::SshName;

/// Where the user's configuration gives a `HostName` to this name.
pub(crate) fn look(name: &str, home: &str) -> Option<SshName> {
    let folder = format!("{home}/.ssh");
    let own = format!("{folder}/config");
    let included = included(&read(&own)?, home, &folder);
    std::iter::once(own).chain(included).find_map(|file| {
        let (line, hostname) = find(&read(&file)?, name)?;
        Some(SshName { file, line, hostname: hostname.replace("%h", name) })
    })
}

fn read(file: &str) -> Option<String> {
    // A FIFO would be waited for.
    let is_file = fs::metadata(file).is_ok_and(|metadata| metadata.is_file());
    let text = is_file.then(|| fs::read(file).ok()).flatten()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// The files that `Include` names; only their names may have wildcards, as in `config.d/*`.
fn included(text: &str, home: &str, folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    for (keyword, patterns) in text.lines().filter_map(setting) {
        if !keyword.eq_ignore_ascii_case("include") {
            continue;
        }
        for pattern in patterns.split_whitespace().map(|word| word.trim_matches('"')) {
            let path = match pattern.strip_prefix("~/") {
                Some(rest) => format!("{home}/{rest}"),
                None if pattern.starts_with('/') => pattern.to_owned(),
                None => format!("{folder}/{pattern}"),
            };
            let Some((folder, wanted)) = path.rsplit_once('/') else { continue };
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
            let mut names: Vec<String> =
                names.filter(|name| fits(wanted.as_bytes(), name.as_bytes())).collect();
            names.sort();
            files.extend(names.into_iter().map(|name| format!("{folder}/{name}")));
        }
    }
    files
}

/// A line's keyword and what stands behind it.
fn setting(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let (keyword, value) = line.split_at(line.find([' ', '\t', '='])?);
    Some((keyword, value.trim_start_matches([' ', '\t', '=']).trim_matches('"')))
}

/// The line of `Host` and the `HostName` of the first block that is about the name.
fn find(text: &str, name: &str) -> Option<(usize, String)> {
    let mut here: Option<usize> = None;
    for (at, line) in text.lines().enumerate() {
        let Some((keyword, value)) = setting(line) else { continue };
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
    fn included_files_are_read() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(".ssh").join(name);
        fs::create_dir_all(at("config.d")).unwrap();
        fs::write(at("config"), "Include config.d/*.conf none\nHost a\n HostName a.test\n")
            .unwrap();
        fs::write(at("config.d/lab.conf"), "Host kvm7\n HostName 192.0.2.7\n").unwrap();
        fs::write(at("config.d/old"), "Host kvm8\n HostName 192.0.2.8\n").unwrap();
        let home = home.path().to_string_lossy();
        let found = look("kvm7", &home).unwrap();
        assert!(found.file.ends_with("/config.d/lab.conf"), "{}", found.file);
        assert_eq!((found.line, found.hostname.as_str()), (1, "192.0.2.7"));
        assert_eq!(look("kvm8", &home), None);
        assert_eq!(look("a", &home).map(|found| found.line), Some(2));
    }

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
