//! Finds the pages that a configuration names.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use ignore::WalkBuilder;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::{Policies, Policy};
use crate::settings::{ConfigError, ConfigFile};
use crate::text::system_words;

/// In bytes. No page is as long.
const LARGEST_PAGE: u64 = 1 << 20;

impl Policies {
    /// Those of a configuration.
    pub(crate) fn of_config(config: &ConfigFile) -> Result<Self, ConfigError> {
        let mut pages: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        for pattern in &config.config.policies {
            let wrong = |why: String| config.wrong(pattern.span().start, why);
            let found = files(&config.folder, pattern.get_ref()).map_err(wrong)?;
            if found.is_empty() {
                return Err(wrong(format!("no page is called `{}`", pattern.get_ref())));
            }
            let shown = config.path.parent().unwrap_or(Path::new(""));
            pages.extend(
                found.into_iter().map(|page| (shown.join(&page), config.folder.join(page))),
            );
        }
        let mut list: Vec<Policy> = Vec::new();
        for (shown, path) in pages {
            let policy = read(&shown, &path)?;
            if let Some(other) = list.iter().find(|other| other.name == policy.name) {
                let why = format!("there is another policy of this name: {}", other.file.display());
                return Err(ConfigError::Unreadable { path: shown.display().to_string(), why });
            }
            list.push(policy);
        }
        Ok(Self::of(list))
    }

    /// The policy of one page, by itself.
    pub(crate) fn of_page(file: &Path, text: String) -> Result<Self, ConfigError> {
        Policy::of(file, text).map(|policy| Self::of(vec![policy]))
    }
}

fn read(shown: &Path, path: &Path) -> Result<Policy, ConfigError> {
    let unreadable =
        |why: String| ConfigError::Unreadable { path: shown.display().to_string(), why };
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(system_words(&error)))?;
    // A FIFO would block, a device never end.
    if !metadata.is_file() || metadata.len() > LARGEST_PAGE {
        return Err(unreadable("it is no page of a policy".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(system_words(&error)))?;
    Policy::of(shown, text)
}

/// The files that a pattern names, from `folder` on, in order.
fn files(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, String> {
    let is_fixed = |part: &Component<'_>| {
        !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{', '\\', '!'])
    };
    let parts: Vec<Component<'_>> = Path::new(pattern).components().collect();
    let fixed = parts.iter().take_while(|part| is_fixed(part)).count();
    if fixed == parts.len() {
        let path = PathBuf::from(pattern);
        return Ok(if folder.join(&path).exists() { vec![path] } else { Vec::new() });
    }
    // What is fixed is gone to; only what is below is looked through.
    let below: PathBuf = parts[..fixed].iter().collect();
    let rest: PathBuf = parts[fixed..].iter().collect();
    let start = folder.join(&below);
    let matcher = matcher(&start, &rest)?;
    let is_deep = pattern.contains("**");
    let depth = (!is_deep).then_some(parts.len() - fixed);
    let walk = WalkBuilder::new(&start).standard_filters(false).max_depth(depth).build();
    let mut found: Vec<PathBuf> = walk
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| !kind.is_dir()))
        .filter_map(|entry| entry.path().strip_prefix(&start).ok().map(Path::to_path_buf))
        .filter(|path| matcher.matched(path, false).is_ignore())
        .map(|path| below.join(path))
        .collect();
    found.sort();
    Ok(found)
}

fn matcher(start: &Path, pattern: &Path) -> Result<Gitignore, String> {
    let mut builder = GitignoreBuilder::new(start);
    let anchored = format!("/{}", pattern.display());
    builder.add_line(None, &anchored).map_err(|error| error.to_string())?;
    builder.build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_files_below_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("repo");
        for file in ["repo/policy/b.md", "repo/policy/a.md", "repo/policy/deep/c.md", "common/d.md"]
        {
            let file = folder.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        let found = |pattern: &str| {
            let files = files(&root, pattern).unwrap();
            files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found("policy/*.md"), ["policy/a.md", "policy/b.md"]);
        assert_eq!(found("policy/**/*.md"), ["policy/a.md", "policy/b.md", "policy/deep/c.md"]);
        assert_eq!(found("policy/a.md"), ["policy/a.md"]);
        assert_eq!(found("../common/*.md"), ["../common/d.md"]);
        assert_eq!(found("*.md"), Vec::<String>::new(), "the folder itself has none");
        assert_eq!(found("nowhere/*.md"), Vec::<String>::new());
        assert!(files(&root, "policy/{a.md").is_err());
    }
}
