//! What the rule pages claim, shown by the real virsh on their own examples.
//!
//! A page of the static folders whose effect is `fails`, `crashes` or `wrong-place`
//! says so of the URIs under `## Bad`. Each is given to virsh:
//!
//! - `fails`: virsh refuses it before it turns to anything, in the plan's words; or its
//!   own error, or that of the real ssh for the same host, is one that the page quotes;
//! - `crashes`: it dies of a signal;
//! - `wrong-place`: it goes where the plan says, and that is not where the plan
//!   says that the example under `## Good` goes.
//!
//! A page with the key `client` speaks of that client. If it is not the installed
//! one, the plan alone is asked; that one is held by the recorded answers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use serde_json::Value;

use crate::compare::compare;
use crate::lab::{Lab, Who};
use crate::live::installed;
use crate::planned::{Planned, plans};
use crate::rooms::{ROOMS, Room};
use crate::text::Text;
use crate::virsh::{self, End, Seen};

const FOLDERS: [&str; 6] = ["uri", "driver", "transport", "parameter", "security", "settings"];

/// A page and its examples.
struct Page {
    /// As in `rules/uri/port-zero.md`.
    path: String,
    effect: String,
    /// What it quotes between backticks.
    quotes: Vec<String>,
    /// The client that it speaks of, where it is not any.
    client: Option<String>,
    bad: Vec<Example>,
    good: Vec<Example>,
}

/// A URI and the settings under which the page shows it.
struct Example {
    uri: String,
    /// The key of the file under which it stands.
    key: Option<String>,
    who: Who,
    room: Room,
}

/// A fenced block.
struct Block<'p> {
    info: &'p str,
    text: String,
}

#[test]
fn pages_claim_what_virsh_shows() {
    let pages = pages();
    let shown: usize = pages.iter().map(|page| page.bad.len()).sum();
    let mut failures: Vec<String> = pages
        .iter()
        .filter(|page| page.bad.is_empty())
        .map(|page| {
            format!("{}: no example under Bad has a whole URI with a finding of it", page.path)
        })
        .collect();
    let client = installed();
    let run = |who| {
        let (pages, client) = (&pages, &client);
        move || Judge::new(who, client).all(pages)
    };
    thread::scope(|scope| {
        let workers = [scope.spawn(run(Who::Root)), scope.spawn(run(Who::User))];
        failures.extend(workers.into_iter().flat_map(|worker| worker.join().unwrap()));
    });
    assert!(failures.is_empty(), "{} of {shown} claims:\n{}", failures.len(), failures.join("\n"));
    assert!(pages.len() >= 15, "only {} pages claim something", pages.len());
}

/// The pages whose claim virsh can show.
fn pages() -> Vec<Page> {
    let mut pages = Vec::new();
    for folder in FOLDERS {
        let mut files: Vec<_> = fs::read_dir(Path::new("rules").join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|kind| kind == "md"))
            .collect();
        files.sort();
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let path = file.to_str().unwrap().to_owned();
            let head = blocks(&text).into_iter().find(|block| block.info == "toml rule");
            let head: toml::Table = toml::from_str(&head.expect("a page has a head").text)
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            let word = |key: &str| head.get(key).and_then(toml::Value::as_str).map(str::to_owned);
            let effect = word("effect").unwrap_or_default();
            if !["fails", "crashes", "wrong-place"].contains(&effect.as_str()) {
                continue;
            }
            let name = file.file_stem().unwrap().to_str().unwrap();
            let (bad, good) = text.split_once("\n## Good\n").unwrap();
            let bad = bad.split_once("\n## Bad\n").unwrap().1;
            let bad = examples(bad, Some(name));
            let good = examples(good, None);
            let quotes = quotes(&text);
            pages.push(Page { path, effect, quotes, client: word("client"), bad, good });
        }
    }
    pages
}

/// The code spans of a page's prose, long enough to be part of an error.
fn quotes(page: &str) -> Vec<String> {
    let prose: Vec<&str> = page.split("\n```").step_by(2).collect();
    let prose = prose.join("\n").replace('\n', " ");
    prose.split('`').skip(1).step_by(2).filter(|span| span.len() >= 12).map(unnamed).collect()
}

/// Without what stands between quotes: the names of this example and of the page's.
fn unnamed(text: impl AsRef<str>) -> String {
    text.as_ref().split('\'').step_by(2).collect::<Vec<_>>().join("''")
}

/// Whether the page quotes this error. `...` stands for anything.
fn is_quoted(error: &str, quotes: &[String]) -> bool {
    let error = unnamed(error);
    quotes.iter().any(|quote| {
        quote.split("...").all(|piece| error.contains(piece.trim())) && quote.contains(' ')
    })
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        match (open, line.strip_prefix("```")) {
            (false, Some(info)) => {
                blocks.push(Block { info: info.trim(), text: String::new() });
                open = true;
            }
            (true, Some(_)) => open = false,
            (true, None) => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line.split("  # error: ").next().unwrap());
                block.text.push('\n');
            }
            (false, None) => {}
        }
    }
    blocks
}

/// The examples of a part of a page: those with a finding of the rule, or all.
fn examples(part: &str, rule: Option<&str>) -> Vec<Example> {
    let blocks = blocks(part);
    let mut found = Vec::new();
    for (at, block) in blocks.iter().enumerate() {
        match block.info.split_once(' ') {
            Some(("json", "evidence")) => {
                let expected = blocks.get(at + 1).filter(|next| next.info == "expect");
                let is_expected = |rule: &str| {
                    let mut lines = expected.iter().flat_map(|block| block.text.lines());
                    lines.any(|line| line.split(' ').next() == Some(rule))
                };
                if rule.is_none_or(is_expected) {
                    found.extend(connection(&block.text));
                }
            }
            Some((_, name)) => found.extend(file(name, &block.text, rule)),
            None => {}
        }
    }
    found
}

/// A block that is one connection with its settings; none for clients that are not libvirt.
fn connection(text: &str) -> Option<Example> {
    let case: Value = serde_json::from_str(text).unwrap();
    if case["client"].as_str().is_some_and(|client| !client.starts_with("libvirt")) {
        return None;
    }
    let own = |text: &str| -> &'static str {
        let text = text.replace("/home/user", crate::lab::HOME);
        text.replace("/run/user/1000", "/run/lab/user").leak()
    };
    let mut environment = ROOMS[0].environment.to_vec();
    for (name, value) in case["environment"].as_object().into_iter().flatten() {
        environment.push((own(name), own(value.as_str().unwrap())));
    }
    let files = case["files"].as_array().into_iter().flatten();
    let files: Vec<&str> = files.map(|file| own(file.as_str().unwrap())).collect();
    Some(Example {
        uri: case["uri"].as_str().unwrap().to_owned(),
        key: None,
        who: if case["uid"] == 0 { Who::Root } else { Who::User },
        room: Room {
            conf: case["libvirt_conf"].as_str().map(own),
            files: files.leak(),
            environment: environment.leak(),
            ..ROOMS[0]
        },
    })
}

/// The URIs of a block that is a file, by our own command. What has a
/// placeholder is no URI yet.
fn file(name: &str, text: &str, rule: Option<&str>) -> Vec<Example> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    let json = |arguments: &[&str]| -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_virt-doctor"));
        command.args(arguments).args(["--isolated", "--format", "json"]).arg(name);
        let output = command.current_dir(folder.path()).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{arguments:?} {name}: {error}: {}", String::from_utf8_lossy(&output.stderr))
        })
    };
    let listed = json(&["uris"]);
    let judged = json(&["lint"]);
    let findings = judged["findings"].as_array().unwrap();
    let is_wanted = |uri: &Value| {
        rule.is_none_or(|rule| {
            findings.iter().any(|finding| finding["rule"] == rule && finding["uri"] == uri["uri"])
        })
    };
    let uris = listed["uris"].as_array().unwrap().iter();
    uris.filter(|uri| uri["templated"] == false && is_wanted(uri))
        .map(|uri| Example {
            // Reports hide passwords; which it is makes no difference here.
            uri: uri["uri"].as_str().unwrap().replace("***", "hunter2"),
            key: uri["key"].as_str().map(str::to_owned),
            who: Who::User,
            room: Room { ..ROOMS[0] },
        })
        .collect()
}

/// Holds claims against virsh, as one of the two users.
struct Judge<'j> {
    who: Who,
    lab: Lab,
    installed: &'j str,
}

impl<'j> Judge<'j> {
    fn new(who: Who, installed: &'j str) -> Self {
        Self { who, lab: Lab::enter(who, None), installed }
    }

    fn all(&self, pages: &[Page]) -> Vec<String> {
        pages.iter().flat_map(|page| self.page(page)).collect()
    }

    fn page(&self, page: &Page) -> Vec<String> {
        let client = page.client.as_deref().unwrap_or(self.installed);
        let own = page.bad.iter().filter(|example| example.who == self.who);
        own.filter_map(|bad| {
            let wrong = self.claim(page, bad, client)?;
            let (path, effect, uri) = (&page.path, &page.effect, &bad.uri);
            let who = self.who.name();
            Some(format!("{path}: effect `{effect}` of {uri} as {who}, {client}\n    {wrong}"))
        })
        .collect()
    }

    /// What is wrong with the claim.
    fn claim(&self, page: &Page, bad: &Example, client: &str) -> Option<String> {
        let plan = Self::plan(bad, client);
        let mut words = String::new();
        if is_release(self.installed, client) {
            let seen = virsh::run(&self.lab, &bad.room, bad.uri.as_bytes());
            let differences: BTreeSet<String> =
                compare(&plan, &seen).iter().map(ToString::to_string).collect();
            if !differences.is_empty() {
                return Some(Vec::from_iter(differences).join("\n    "));
            }
            words = self.words(&seen, bad);
        }
        let outcome = plan.field("outcome").as_str().unwrap();
        let expected = match page.effect.as_str() {
            "fails" => "rejected",
            "crashes" => "crashes",
            _ => "daemon",
        };
        if outcome != expected && page.effect == "fails" && !words.is_empty() {
            return (!is_quoted(&words, &page.quotes))
                .then(|| format!("the page quotes nothing of what is printed: {words}"));
        }
        if outcome != expected {
            let error = plan.field("error");
            return Some(format!("the outcome is `{outcome}`, not `{expected}`: {error}"));
        }
        if page.effect != "wrong-place" {
            return None;
        }
        let good = page.good.iter().find(|good| good.key == bad.key).or(page.good.first())?;
        let (there, here) = (destination(&plan), destination(&Self::plan(good, client)));
        (there == here)
            .then(|| format!("it goes to {there:?}, and so does the good {:?}", good.uri))
    }

    /// What a person would read: virsh's own error, or that of the ssh which it runs.
    fn words(&self, seen: &Seen, example: &Example) -> String {
        if let Some((_, arguments)) = seen.ssh.split_first() {
            let mut command = self.lab.command("/usr/bin/ssh", &example.room);
            let host = arguments.iter().position(|word| word.lossy() == "--").unwrap() + 2;
            command.args(arguments[..host].iter().map(Text::lossy)).arg("true");
            return String::from_utf8_lossy(&command.output().unwrap().stderr).into_owned();
        }
        match &seen.end {
            End::Error(text) => text.lossy(),
            _ => String::new(),
        }
    }

    fn plan(example: &Example, client: &str) -> Planned {
        let lab = Lab::entered(example.who);
        lab.furnish(&example.room);
        plans(&lab, &example.room, client, &[example.uri.as_bytes()]).remove(0)
    }
}

/// Whether `9.0.0` is the release that `libvirt@9.0` or `libvirt` names.
fn is_release(installed: &str, client: &str) -> bool {
    client == "libvirt" || installed == client || installed.starts_with(&format!("{client}."))
}

/// Where a plan goes.
fn destination(plan: &Planned) -> BTreeMap<&'static str, String> {
    let mut place = BTreeMap::new();
    for field in ["outcome", "effective_host", "effective_port", "socket"] {
        place.insert(field, plan.field(field).to_string());
    }
    place
}
