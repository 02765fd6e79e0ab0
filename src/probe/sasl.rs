//! The plugins of Cyrus SASL on this machine: what the client can log in by.

use std::fs;
use std::path::{Path, PathBuf};

/// Where the library may look, beside the folders of Debian's architectures.
const FOLDERS: &[&str] = &["/usr/lib64/sasl2", "/usr/lib/sasl2", "/usr/local/lib/sasl2"];

/// Their names without `lib` and `.so`; nothing where there is no folder of them.
pub(crate) fn plugins() -> Option<Vec<String>> {
    let folders = folders();
    let mut found: Vec<String> = folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
        .filter_map(|entry| plugin(&entry.ok()?.file_name().to_string_lossy()))
        .collect();
    found.sort();
    found.dedup();
    (!folders.is_empty()).then_some(found)
}

fn folders() -> Vec<PathBuf> {
    if let Some(path) = std::env::var_os("SASL_PATH") {
        return std::env::split_paths(&path).collect();
    }
    let of_architectures = fs::read_dir("/usr/lib").into_iter().flatten();
    let mut folders: Vec<PathBuf> =
        of_architectures.filter_map(|entry| Some(entry.ok()?.path().join("sasl2"))).collect();
    folders.extend(FOLDERS.iter().map(PathBuf::from));
    folders.retain(|folder| folder.is_dir());
    folders
}

/// `libdigestmd5.so.2` is `digestmd5`.
fn plugin(name: &str) -> Option<String> {
    let stem = Path::new(name).file_name()?.to_str()?.split(".so").next()?;
    name.contains(".so").then(|| stem.strip_prefix("lib").map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_have_short_names() {
        assert_eq!(plugin("libdigestmd5.so.2.0.25").as_deref(), Some("digestmd5"));
        assert_eq!(plugin("libscram.so").as_deref(), Some("scram"));
        assert_eq!(plugin("README"), None);
    }
}
