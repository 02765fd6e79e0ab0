//! Lists the rule pages and binds each to its function.
//!
//! Reads no page, only their names: `rules/<folder>/<name>.md` becomes the
//! variant `Rule::<Name>`, the text of the page, and, for all folders but
//! `inventory`, a reference to `rules::<folder>::<name>`. A page without a
//! function does not compile, a function without a page is dead code.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

/// Rules of these folders judge URI and plan.
const STATIC: &[&str] =
    &["client", "driver", "parameter", "security", "settings", "transport", "uri"];
/// Rules of these folders judge evidence.
const EVIDENCE: &[&str] = &["daemon", "local", "name", "network", "remote", "ssh", "tls"];
/// Rules of this folder are raised by the engine itself.
const ENGINE: &str = "inventory";

fn main() -> io::Result<()> {
    let pages = Path::new("rules");
    println!("cargo::rerun-if-changed=rules");
    let mut rules = Vec::new();
    for folder in names(pages, Path::is_dir)? {
        for page in
            names(&pages.join(&folder), |path| path.extension().is_some_and(|kind| kind == "md"))?
        {
            rules.push((folder.clone(), page.trim_end_matches(".md").to_owned()));
        }
    }
    rules.sort_by(|a, b| a.1.cmp(&b.1));
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("rule.rs"), enumeration(&rules))?;
    fs::write(Path::new(&out).join("judges.rs"), judges(&rules))
}

fn names(folder: &Path, wanted: impl Fn(&Path) -> bool) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if wanted(&path) {
            names.extend(path.file_name().and_then(|name| name.to_str()).map(str::to_owned));
        }
    }
    names.sort();
    Ok(names)
}

/// The enum and one table of name, folder and page.
fn enumeration(rules: &[(String, String)]) -> String {
    let mut code = String::from(
        "/// A built-in rule. Made from the folder `rules/`.\n#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]\npub(crate) enum Rule {\n",
    );
    for (_, name) in rules {
        let _ = writeln!(code, "    {},", camel(name));
    }
    let _ = write!(code, "}}\nstatic PAGES: [(Rule, &str, &str, &str); {}] = [\n", rules.len());
    let root = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    for (folder, name) in rules {
        let page = format!("{root}/rules/{folder}/{name}.md").escape_default().to_string();
        let _ = writeln!(
            code,
            "    (Rule::{}, \"{name}\", \"{folder}\", include_str!(\"{page}\")),",
            camel(name)
        );
    }
    code.push_str("];\n");
    code
}

/// Which function judges for which rule.
fn judges(rules: &[(String, String)]) -> String {
    let mut code =
        String::from("pub(super) const STATIC: &[(&str, &[(Rule, StaticJudge)])] = &[\n");
    for folder in STATIC {
        let _ = writeln!(code, "(\"{folder}\", &[");
        code.extend(rows(rules, &[folder]));
        code.push_str("]),\n");
    }
    code.push_str("];\npub(super) const EVIDENCE: &[(Rule, EvidenceJudge)] = &[\n");
    code.extend(rows(rules, EVIDENCE));
    code.push_str("];\n");
    for (folder, name) in rules {
        let known = STATIC.contains(&folder.as_str())
            || EVIDENCE.contains(&folder.as_str())
            || folder == ENGINE;
        assert!(
            known,
            "rules/{folder}/{name}.md: no such subject; add the folder to rules/build.rs"
        );
    }
    code
}

/// The rules of these folders with their functions.
fn rows(rules: &[(String, String)], folders: &[&str]) -> impl Iterator<Item = String> {
    rules.iter().filter(|(folder, _)| folders.contains(&folder.as_str())).map(|(folder, name)| {
        format!(
            "    (Rule::{}, crate::rules::{folder}::{}),\n",
            camel(name),
            name.replace('-', "_")
        )
    })
}

fn camel(name: &str) -> String {
    name.split('-').map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}
