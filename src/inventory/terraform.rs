//! Which release of the Terraform provider reads the files of a folder.
//!
//! The lock file says it, else the constraint in `required_providers`. What counts is only
//! whether it is one from 0.9 on: the provider was written anew then. Where nothing says
//! it, files are read as the newest would, and what only an older one would read is left
//! alone.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::tables::clients::{Client, Family};

/// How the provider is called in lock files and constraints.
const SOURCE: &str = "dmacvicar/libvirt";

/// Up to this size a file is looked at.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Remembers what was found for each folder.
#[derive(Debug, Default)]
pub(crate) struct Terraform {
    folders: HashMap<PathBuf, Client>,
}

impl Terraform {
    /// Whether it is a file of Terraform, by its name.
    pub(crate) fn reads(file: &Path) -> bool {
        const ENDS: [&str; 5] = [".tf", ".tfvars", ".tofu", ".tf.json", ".tfvars.json"];
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        ENDS.iter().any(|end| name.ends_with(end))
    }

    /// The client of a file; none for a file that is not Terraform's.
    pub(crate) fn client_of(&mut self, file: &Path) -> Option<Client> {
        if !Self::reads(file) {
            return None;
        }
        let folder = file.parent().unwrap_or(Path::new(""));
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        if let Some(known) = self.folders.get(folder) {
            return Some(*known);
        }
        let client = client_in(folder);
        self.folders.insert(folder.to_owned(), client);
        Some(client)
    }
}

fn client_in(folder: &Path) -> Client {
    match locked(folder).or_else(|| required(folder)) {
        None => Client::TERRAFORM,
        Some(constraint) if allows_rewritten(&constraint) => Client::newest(Family::Terraform),
        Some(_) => Client::TERRAFORM_08,
    }
}

/// The version of the lock file, here or in a folder above.
fn locked(folder: &Path) -> Option<String> {
    let absolute = folder.canonicalize().ok()?;
    let text = absolute.ancestors().find_map(|above| read(&above.join(".terraform.lock.hcl")))?;
    let at = text.find(&format!("{SOURCE}\""))?;
    version(&text[at..])
}

/// The constraint of `required_providers`, in any file of the folder.
fn required(folder: &Path) -> Option<String> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "tf" || end == "tofu"))
        .collect();
    files.sort();
    files.iter().find_map(|file| {
        let text = read(file)?;
        let at = text
            .find(&format!("\"{SOURCE}\""))
            .or_else(|| text.find(&format!("\"registry.terraform.io/{SOURCE}\"")))?;
        // The block around it; the version may stand before or behind the source.
        let start = text[..at].rfind('{').unwrap_or(0);
        version(&text[start..])
    })
}

fn read(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    fs::read_to_string(path).ok()
}

/// The text of `version = "…"` before the block ends.
fn version(block: &str) -> Option<String> {
    let block = block.split('}').next()?;
    let (_, rest) = block.split_once("version")?;
    let rest = rest.trim_start_matches([' ', '\t', '=', ':']);
    rest.strip_prefix('"')?.split_once('"').map(|(version, _)| version.to_owned())
}

/// Whether some 0.9 release satisfies the constraint.
fn allows_rewritten(constraint: &str) -> bool {
    (0..100).any(|patch| constraint.split(',').all(|part| satisfies([0, 9, patch], part.trim())))
}

fn satisfies(version: [u32; 3], part: &str) -> bool {
    let digits = part.find(|character: char| character.is_ascii_digit()).unwrap_or(part.len());
    let (operator, wanted) = part.split_at(digits);
    let numbers: Vec<u32> =
        wanted.split('.').map_while(|number| number.trim().parse().ok()).collect();
    let mut limit = [0; 3];
    for (place, number) in limit.iter_mut().zip(&numbers) {
        *place = *number;
    }
    match operator.trim() {
        _ if part.is_empty() => true,
        "" | "=" => version == limit,
        "!=" => version != limit,
        ">" => version > limit,
        ">=" => version >= limit,
        "<" => version < limit,
        "<=" => version <= limit,
        // All but the last number given are fixed.
        "~>" => {
            let fixed = numbers.len().saturating_sub(1).min(2);
            version >= limit && version[..fixed] == limit[..fixed]
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_terraforms() {
        for (constraint, rewritten) in [
            ("0.8.3", false),
            ("= 0.9.1", true),
            ("~> 0.8", true),
            ("~> 0.8.1", false),
            (">= 0.7.6", true),
            (">= 0.7.6, < 0.9", false),
            ("!= 0.9.0", true),
            ("~> 0.9.0", true),
            ("", true),
        ] {
            assert_eq!(allows_rewritten(constraint), rewritten, "{constraint}");
        }
    }

    #[test]
    fn the_lock_file_wins_over_the_constraint() {
        let folder = tempfile::tempdir().unwrap();
        let main = folder.path().join("main.tf");
        let client = || Terraform::default().client_of(&main).unwrap();
        assert_eq!(client(), Client::TERRAFORM);
        fs::write(
            &main,
            "terraform {\n  required_providers {\n    libvirt = {\n      version = \"~> 0.7.6\"\n      source  = \"dmacvicar/libvirt\"\n    }\n  }\n}\n",
        )
        .unwrap();
        assert_eq!(client(), Client::TERRAFORM_08);
        fs::write(
            folder.path().join(".terraform.lock.hcl"),
            "provider \"registry.terraform.io/dmacvicar/libvirt\" {\n  version     = \"0.9.2\"\n}\n",
        )
        .unwrap();
        assert_eq!(client(), Client::newest(Family::Terraform));
        assert_eq!(Terraform::default().client_of(Path::new("hosts.yml")), None);
    }
}
