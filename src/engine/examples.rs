//! The examples of rule pages are tests: this runs them.
//!
//! Under `## Bad` and `## Good` stand fenced blocks. A block with a file name
//! (```` ```yaml hosts.yml ````) is linted as that file; `# error: NAME "text"` at
//! the end of a line expects a finding there whose place is exactly that text. A
//! ```` ```json evidence ```` block describes one connection, and an ```` ```expect ````
//! block behind it says the same. What no expectation covers must not be found,
//! with every rule on. A `virt-doctor.toml` or a `baseline.toml` is in force for the
//! files behind it, up to the next one.

mod around;

use std::sync::Arc;

use serde::Deserialize;

use self::around::Around;
use crate::engine::{Levels, Policies, Subject, judge_evidence};
use crate::evidence::Evidence;
use crate::finding::{Finding, RuleId};
use crate::settings::{ConfContent, Machine, Source};
use crate::tables::clients::{Build, Client};

/// What an example does not show as its page says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// The line of the page, from 1.
    pub(crate) line: usize,
    pub(crate) what: String,
}

/// A connection and what was seen of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    uri: String,
    #[serde(default)]
    client: Option<String>,
    #[serde(default)]
    uid: Option<u32>,
    /// Whose build of libvirt it is.
    #[serde(default)]
    build: Option<Build>,
    #[serde(default)]
    libvirt_conf: Option<String>,
    #[serde(default)]
    environment: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    evidence: Option<Evidence>,
}

/// An expectation of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Expected {
    rule: String,
    text: Option<String>,
    line: usize,
    /// Whether it stands on the very line of what it expects, not in a block behind it.
    is_beside: bool,
}

/// A fenced block of a page.
struct Block<'p> {
    info: &'p str,
    lines: Vec<&'p str>,
    /// The line of its first line.
    line: usize,
}

impl Block<'_> {
    /// Whether it is judged: a file, or a connection with evidence.
    fn is_example(&self) -> bool {
        let is_around = ["toml rule", "toml virt-doctor.toml", "toml baseline.toml"];
        self.info.contains(' ') && !is_around.contains(&self.info)
    }
}

/// What stands before an expectation at the end of a line.
const MARK: &str = "  # error: ";

/// Runs all examples of a page.
pub(crate) fn check(page: &str) -> Vec<Mismatch> {
    check_with(page, &Levels::default())
}

/// Runs all examples of the page of a policy. Only the policy itself speaks: what our
/// rules say of an example changes from release to release.
pub(crate) fn check_policy(page: &str, policies: Policies) -> Vec<Mismatch> {
    let mut levels = Levels::with(Arc::new(policies));
    levels.only_policies();
    check_with(page, &levels)
}

/// What the examples of a page do not show at all: each page has a wrong one and a right
/// one, and says of the wrong one what is found there.
pub(crate) fn lacking(page: &str) -> Vec<Mismatch> {
    let blocks = blocks(page);
    let mut lacking = Vec::new();
    for (heading, is_bad) in [("## Bad", true), ("## Good", false)] {
        let mut lines = page.lines().enumerate().skip_while(|(_, line)| line.trim_end() != heading);
        let start = lines.next().map_or(0, |(at, _)| at + 1);
        let end = lines.find(|(_, line)| line.starts_with("## ")).map_or(usize::MAX, |(at, _)| at);
        let here = |block: &&Block<'_>| start > 0 && (start..=end).contains(&block.line);
        let here: Vec<&Block<'_>> = blocks.iter().filter(here).collect();
        let expects = here.iter().any(|block| {
            block.info == "expect" || block.lines.iter().any(|line| line.contains(MARK))
        });
        let what = if !here.iter().any(|block| block.is_example()) {
            format!("there is no example below `{heading}`")
        } else if is_bad && !expects {
            format!("no example below `{heading}` says what is found: end a line with `{MARK}NAME`")
        } else {
            continue;
        };
        lacking.push(Mismatch { line: start.max(1), what });
    }
    lacking
}

fn check_with(page: &str, levels: &Levels) -> Vec<Mismatch> {
    let blocks = blocks(page);
    let mut found = Vec::new();
    let mut around = Around::new(levels.clone());
    for (at, block) in blocks.iter().enumerate() {
        let expectations =
            blocks.get(at + 1).filter(|next| next.info == "expect").map(expect_block);
        match block.info {
            "json evidence" => {
                case(block, expectations.unwrap_or_default(), levels, &mut found);
            }
            "toml rule" | "expect" => {}
            "toml virt-doctor.toml" => around.configure(block, &mut found),
            "toml baseline.toml" => around.know(block, &mut found),
            info => {
                if let Some((_, name)) = info.split_once(' ') {
                    around.file(block, name, expectations.unwrap_or_default(), &mut found);
                }
            }
        }
    }
    around.end(&mut found);
    found
}

/// The blocks below the two headings.
fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = Vec::new();
    let mut open = false;
    for (at, line) in page.lines().enumerate() {
        match (open, line.strip_prefix("```")) {
            (false, Some(info)) => {
                blocks.push(Block { info: info.trim(), lines: Vec::new(), line: at + 2 });
                open = true;
            }
            (true, Some(_)) => open = false,
            (true, None) => {
                if let Some(block) = blocks.last_mut() {
                    block.lines.push(line);
                }
            }
            (false, None) => {}
        }
    }
    blocks
}

fn expect_block(block: &Block<'_>) -> Vec<Expected> {
    let lines = block.lines.iter().enumerate();
    lines
        .map(|(at, line)| Expected { is_beside: false, ..expected(line, block.line + at) })
        .collect()
}

/// `NAME "text"` or `NAME`.
fn expected(text: &str, line: usize) -> Expected {
    let (rule, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
    let quoted = rest.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    Expected { rule: rule.to_owned(), text: quoted.map(str::to_owned), line, is_beside: true }
}

/// A block that is a connection with evidence.
fn case(
    block: &Block<'_>,
    expectations: Vec<Expected>,
    levels: &Levels,
    mismatches: &mut Vec<Mismatch>,
) {
    let text = block.lines.join("\n");
    let case: Case = match serde_json::from_str(&text) {
        Ok(case) => case,
        Err(error) => {
            return mismatches
                .push(Mismatch { line: block.line + error.line() - 1, what: error.to_string() });
        }
    };
    let mut machine = Machine::fixed("2026-01-01".into());
    machine.uid = case.uid.unwrap_or(machine.uid);
    machine.build = case.build.unwrap_or(machine.build);
    machine.environment.extend(case.environment);
    machine.files.extend(case.files);
    if let Some(conf) = case.libvirt_conf {
        machine.conf.content = ConfContent::Text(conf.into());
    }
    let all = case.client.as_deref() == Some("all");
    let client = match case.client.filter(|_| !all).map(|client| client.parse()) {
        None => Client::LIBVIRT,
        Some(Ok(client)) => client,
        Some(Err(error)) => {
            return mismatches.push(Mismatch { line: block.line, what: format!("{error}") });
        }
    };
    let source = Source::given(case.uri.as_bytes(), &machine);
    let subject = Subject { compare: all, ..Subject::new(&source, client, &machine, false) };
    let uri = source.uri.clone().unwrap_or_default();
    let findings: Vec<Finding> = match &case.evidence {
        None => {
            let judged = subject.lint(levels);
            fail(judged.failures, block.line, mismatches);
            judged.findings
        }
        // The static findings of the same URI are another page's examples.
        Some(evidence) => judge_evidence(&subject, evidence, levels).evidence_findings(),
    };
    let found = findings
        .into_iter()
        .map(|finding| {
            let text = String::from_utf8_lossy(finding.span.of(&uri)).into_owned();
            (finding.rule, text, None)
        })
        .collect();
    compare(expectations, found, block.line, mismatches);
}

/// A policy that cannot judge an example is no policy.
fn fail(failures: Vec<String>, line: usize, mismatches: &mut Vec<Mismatch>) {
    mismatches.extend(failures.into_iter().map(|what| Mismatch { line, what }));
}

/// Each expectation meets one finding, and no finding is left.
fn compare(
    expectations: Vec<Expected>,
    mut found: Vec<(RuleId, String, Option<usize>)>,
    line: usize,
    mismatches: &mut Vec<Mismatch>,
) {
    for expected in expectations {
        let meets = |(rule, text, at): &(RuleId, String, Option<usize>)| {
            rule.name() == expected.rule
                && expected.text.as_ref().is_none_or(|wanted| wanted == text)
                && at.is_none_or(|at| !expected.is_beside || at == expected.line)
        };
        match found.iter().position(meets) {
            Some(at) => drop(found.remove(at)),
            None => mismatches.push(Mismatch {
                line: expected.line,
                what: format!(
                    "expected {} {:?}, found {}",
                    expected.rule,
                    expected.text.unwrap_or_default(),
                    listed(&found)
                ),
            }),
        }
    }
    for (rule, text, at) in found {
        mismatches.push(Mismatch {
            line: at.unwrap_or(line),
            what: format!("not expected: {} {text:?}", rule.name()),
        });
    }
}

/// What was found, as an expectation would say it.
fn listed(found: &[(RuleId, String, Option<usize>)]) -> String {
    if found.is_empty() {
        return "nothing".to_owned();
    }
    let found = found.iter().map(|(rule, text, _)| format!("{} {text:?}", rule.name()));
    found.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::engine::Verdict;
    use crate::engine::bind::{EVIDENCE, STATIC};
    use crate::engine::seal::placeholder;
    use crate::finding::{Rule, Severity};
    use crate::inventory::{Dialect, scan};

    #[test]
    fn the_examples_of_every_page_are_true() {
        let mut failures = Vec::new();
        for rule in Rule::all() {
            for mismatch in check(rule.page()) {
                failures.push(format!(
                    "rules/{}/{}.md:{}: {}",
                    rule.folder(),
                    rule.name(),
                    mismatch.line,
                    mismatch.what
                ));
            }
        }
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }

    #[test]
    fn a_wrong_example_is_noticed() {
        let page = |line: &str| format!("## Bad\n\n```yaml a.yml\n{line}\n```\n");
        assert_eq!(
            check(&page("uri: \"qemu:///system\"  # error: wrong-path \"/system\"")).len(),
            1
        );
        assert_eq!(check(&page("uri: \"qemu:///sytem\"")).len(), 1);
        assert_eq!(
            check(&page("uri: \"qemu:///sytem\"  # error: misspelt-path \"sytem\"")).len(),
            2
        );
        assert_eq!(check(&page("uri: \"qemu:///sytem\"  # error: misspelt-path \"/sytem\"")), []);
        assert_eq!(check("```json evidence\n{\"uri\": 1}\n```\n").len(), 1);
        // JSON has no comments: what is expected of a file of it stands behind.
        let behind = |name: &str| {
            let file = "```json a.json\n{\n  \"libvirt_uri\": \"qemu:///sytem\"\n}\n```\n";
            check(&format!("## Bad\n\n{file}\n```expect\n{name} \"/sytem\"\n```\n"))
        };
        assert_eq!(behind("misspelt-path"), []);
        assert_eq!(behind("wrong-path").len(), 2);
    }

    #[test]
    fn a_fix_ends_its_finding() {
        let machine = Machine::fixed("2026-01-01".into());
        let mut fixed = 0;
        for rule in Rule::all().filter(|rule| rule.head().fix.is_some()) {
            let bad = rule.page().split("\n## Good\n").next().unwrap_or_default();
            let mut tried = 0;
            for block in blocks(bad) {
                for text in uris_of(&block) {
                    let source = Source::of_file(&text);
                    let subject = Subject::new(&source, Client::LIBVIRT, &machine, false);
                    let own = |subject: &Subject<'_>| {
                        let found = subject.lint(&Levels::default()).findings;
                        found.into_iter().filter(|one| one.rule == rule).collect::<Vec<_>>()
                    };
                    for fix in own(&subject).iter().flat_map(|finding| &finding.fixes) {
                        let mut text = text.clone();
                        let mut edits: Vec<_> = fix.edits.iter().collect();
                        edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
                        for (span, content) in edits {
                            text.splice(span.range(), content.as_str().bytes());
                        }
                        let source = Source::of_file(&text);
                        let again = Subject::new(&source, Client::LIBVIRT, &machine, false);
                        let shown = String::from_utf8_lossy(&text).into_owned();
                        assert!(own(&again).is_empty(), "{}: {shown}", rule.name());
                        tried += 1;
                    }
                }
            }
            fixed += usize::from(tried > 0);
        }
        assert!(fixed > 30, "only {fixed} rules have a fix that was tried");
    }

    #[test]
    fn what_fails_has_a_cause_where_an_error_is_found() {
        let machine = Machine::fixed("2026-01-01".into());
        let mut refused = 0;
        for rule in Rule::all() {
            let bad = rule.page().split("\n## Good\n").next().unwrap_or_default();
            for text in blocks(bad).iter().flat_map(uris_of) {
                let source = Source::of_file(&text);
                let subject = Subject::new(&source, Client::LIBVIRT, &machine, false);
                let seen = judge_evidence(&subject, &Evidence::default(), &Levels::default());
                let is_error = |finding: &Finding| finding.severity == Severity::Error;
                if seen.verdict == Verdict::Fails && seen.findings.iter().any(is_error) {
                    let shown = String::from_utf8_lossy(&text).into_owned();
                    assert!(seen.cause.is_some(), "{}: {shown}", rule.name());
                    refused += 1;
                }
            }
        }
        assert!(refused > 50, "only {refused} URIs fail");
    }

    /// The URIs of a block that is a file.
    fn uris_of(block: &Block<'_>) -> Vec<Vec<u8>> {
        let Some((_, name)) = block.info.split_once(' ').filter(|(kind, _)| *kind != "json") else {
            return Vec::new();
        };
        let lines = block.lines.iter().map(|line| line.split("  # error: ").next().unwrap_or(line));
        let text = lines.collect::<Vec<_>>().join("\n");
        let found = scan(text.as_bytes(), Dialect::of(Path::new(name))).found;
        found.into_iter().map(|located| located.text).collect()
    }

    #[test]
    fn every_page_is_well_made() {
        for rule in Rule::all() {
            let (name, page, head) = (rule.name(), rule.page(), rule.head());
            assert!(
                page.starts_with(&format!("# `{name}`\n\n```toml rule\n")),
                "{name}: its first lines"
            );
            assert!(
                page.contains("\n## Bad\n") && page.contains("\n## Good\n"),
                "{name}: a bad and a good part"
            );
            let (bad, good) = page.split_once("\n## Good\n").unwrap();
            assert!(
                bad.contains("# error: ") || bad.contains("```expect"),
                "{name}: the bad part expects a finding"
            );
            assert!(
                bad.contains(&format!("{name} ")) || bad.contains(&format!("\n{name}\n")),
                "{name}: and one of its own"
            );
            assert!(
                !good.contains("# error: ") && !good.contains("```expect"),
                "{name}: the good part expects none"
            );
            assert!(good.contains("```"), "{name}: the good part has an example");
            let summary = &head.summary;
            assert!(
                !summary.ends_with('.')
                    && !summary.starts_with(
                        |first: char| first.is_uppercase() && !summary.starts_with("IPv6")
                    ),
                "{name}: {summary}"
            );
            assert!(
                !head.sources.is_empty()
                    && head.sources.iter().all(|source| source.starts_with("https://")),
                "{name}: sources"
            );
            let client = head.client.as_ref().map(|client| client.parse::<Client>());
            assert!(client.is_none_or(|client| client.is_ok()), "{name}: client");
            assert!(rule.parts().prose().len() > 80, "{name}: prose");
            for other in head.replaces.iter().chain(&head.replaces_here) {
                assert!(Rule::named(other).is_some() && other != name, "{name}: replaces {other}");
            }
            for other in &head.explains {
                let is_seen = |rule: Rule| EVIDENCE.iter().any(|row| row.0 == rule);
                let mut named = Rule::all()
                    .filter(|rule| rule.name() == other || rule.folder() == other)
                    .peekable();
                assert!(named.peek().is_some(), "{name}: explains {other}");
                assert!(named.all(is_seen), "{name}: {other} is nothing that is seen");
            }
            let help = head.help.as_ref().map(|help| help.all()).unwrap_or_default();
            assert!(
                !help.iter().any(|text| head.message.all().contains(text)),
                "{name}: the help says what the message says"
            );
            let texts =
                head.message.all().into_iter().chain(head.help.iter().flat_map(|help| help.all()));
            for text in texts {
                assert!(!text.ends_with('.'), "{name}: {text}");
                assert!(
                    text.match_indices('{').all(|(at, _)| placeholder(&text[at..]).is_some()),
                    "{name}: {text}"
                );
            }
        }
    }

    #[test]
    fn names_are_unique_and_every_page_has_its_function() {
        let names: BTreeSet<&str> = Rule::all().map(Rule::name).collect();
        assert_eq!(names.len(), Rule::all().count());
        let bound: BTreeSet<&str> = STATIC
            .iter()
            .flat_map(|(_, rows)| rows.iter().map(|row| row.0))
            .chain(EVIDENCE.iter().map(|row| row.0))
            .map(Rule::name)
            .collect();
        let raised: BTreeSet<&str> =
            Rule::all().filter(|rule| rule.folder() == "inventory").map(Rule::name).collect();
        assert_eq!(&bound | &raised, names);
    }
}
