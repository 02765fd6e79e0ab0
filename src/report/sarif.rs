//! SARIF 2.1.0 (OASIS Standard), as GitHub's code scanning reads it.
//!
//! All rules are in the log, not only those that found something: GitHub's documentation
//! asks for the rules that ran and wants their list to change with the tool, not with
//! the results. Fingerprints are left to GitHub, which computes its own from the file.
//!
//! What a baseline lists is here, and says so (`baselineState`): GitHub takes a result that is
//! left out for one that was mended. What is suppressed is left out: GitHub does not look
//! at `suppressions` and would open an alert. So it would for a result that is `absent`.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use super::json::{kind, write_document};
use super::object::Object;
use super::root::Root;
use super::sarif_rule::descriptor;
use super::{LintRun, Placed};
use crate::engine::catalogue::Page;
use crate::finding::{Rule, RuleId};
use crate::inventory::Problem;
use crate::text::{Position, Shown, Veil};

/// Where the standard keeps its schema.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(crate) fn write(run: &LintRun, root: &Root, out: &mut dyn Write) -> io::Result<()> {
    let pages = pages(run);
    let driver = Object::new()
        .put("name", "virt-doctor")
        .put("semanticVersion", env!("CARGO_PKG_VERSION"))
        .put("informationUri", env!("CARGO_PKG_REPOSITORY"))
        .put("rules", pages.iter().map(|page| descriptor(*page)).collect::<Vec<_>>())
        .done();
    let unsettled = run.unsettled().map(|(uri, why)| {
        json!({"level": "warning", "message": {"text": plain(&format!("{uri}: {why}"))}})
    });
    let notifications: Vec<Value> =
        run.problems.iter().map(|problem| notification(problem, root)).chain(unsettled).collect();
    let results: Vec<Value> = match &run.known {
        None => run.findings.iter().map(|placed| result(placed, &pages, root).done()).collect(),
        // Stated of one result, it is stated of all (SARIF 2.1.0, 3.27.24).
        Some(known) => {
            let new = run.findings.iter().map(|placed| (placed, "new"));
            let all = new.chain(known.iter().map(|placed| (placed, "unchanged")));
            all.map(|(placed, state)| {
                result(placed, &pages, root).put("baselineState", state).done()
            })
            .collect()
        }
    };
    let run = Object::new()
        .put("tool", json!({"driver": driver}))
        .put(
            "invocations",
            json!([{
                "executionSuccessful": !run.problems.iter().any(Problem::is_failure),
                "toolExecutionNotifications": notifications,
            }]),
        )
        .put("columnKind", "unicodeCodePoints")
        .put("results", results)
        .done();
    let log = json!({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]});
    write_document(&log, out)
}

/// All of ours in their order, then the policies that were in force.
fn pages(run: &LintRun) -> Vec<Page<'_>> {
    let mut pages: Vec<Page<'_>> = Rule::all().map(Rule::parts).collect();
    for policy in run.policies.iter().flat_map(|policies| policies.list()) {
        let page = policy.page();
        if !pages.iter().any(|known| known.rule == page.rule && known.file == page.file) {
            pages.push(page);
        }
    }
    pages
}

fn result(placed: &Placed, pages: &[Page<'_>], root: &Root) -> Object {
    let finding = &placed.finding;
    let help = finding.help.as_ref().map(|help| format!("\nHelp: {help}")).unwrap_or_default();
    let index = match finding.rule {
        RuleId::Builtin(rule) => Some(rule as usize),
        RuleId::Policy(_) => {
            pages.iter().position(|page| page.rule == finding.rule && page.url() == finding.url)
        }
    };
    let object = Object::new()
        .put("ruleId", finding.rule)
        .put_some("ruleIndex", index)
        .put("level", finding.severity)
        .put("message", json!({"text": plain(&format!("{}{help}", finding.message))}));
    let Some(file) = &placed.file else {
        let uri = placed.uri.to_string();
        let place =
            json!([{"logicalLocations": [{"fullyQualifiedName": uri, "kind": "resource"}]}]);
        return object.put("locations", place);
    };
    let artifact = artifact(&root.uri(file));
    let related = placed.labels.iter().enumerate().map(|(id, (start, end, text))| {
        Object::new()
            .put("id", id)
            .put("message", json!({"text": plain(&text.to_string())}))
            .with(location(&artifact, *start, *end))
            .done()
    });
    let related: Vec<Value> = related.collect();
    let fixes = fixes(placed, &artifact);
    object
        .put("locations", [location(&artifact, placed.start, placed.end)])
        .put_some("relatedLocations", (!related.is_empty()).then_some(related))
        .put_some("fixes", (!fixes.is_empty()).then_some(fixes))
}

/// The file; one below the root of the checkout says so.
fn artifact(uri: &str) -> Value {
    let base = (!uri.starts_with("file:")).then_some("%SRCROOT%");
    Object::new().put("uri", uri).put_some("uriBaseId", base).done()
}

fn location(artifact: &Value, start: Position, end: Position) -> Value {
    json!({"physicalLocation": {"artifactLocation": artifact, "region": region(start, end)}})
}

/// Lines and columns from 1, the end exclusive.
fn region(start: Position, end: Position) -> Value {
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// What a tool could apply: nothing that would write `***` in the place of a secret.
fn fixes(placed: &Placed, artifact: &Value) -> Vec<Value> {
    let titled = placed.finding.fixes.iter().zip(&placed.edits);
    titled
        .filter_map(|(fix, edits)| {
            let edits = edits.as_ref()?;
            if edits.iter().any(|(_, _, content)| content.as_str().contains("***")) {
                return None;
            }
            let replacements: Vec<Value> = edits
                .iter()
                .map(|(start, end, content)| {
                    json!({
                        "deletedRegion": region(*start, *end),
                        "insertedContent": inserted(content),
                    })
                })
                .collect();
            Some(json!({
                "description": {"text": plain(&fix.title.to_string())},
                "artifactChanges": [{"artifactLocation": artifact, "replacements": replacements}],
            }))
        })
        .collect()
}

fn inserted(content: &Shown) -> Value {
    match content.raw() {
        Some(bytes) => json!({"binary": BASE64.encode(bytes)}),
        None => json!({"text": content}),
    }
}

/// What could not be read: not to be taken for clean.
fn notification(problem: &Problem, root: &Root) -> Value {
    let message = Veil::default().show(problem.headline()).to_string();
    let location = problem
        .file
        .as_deref()
        .map(|file| json!([{"physicalLocation": {"artifactLocation": artifact(&root.uri(file))}}]));
    Object::new()
        .put("level", if problem.is_failure() { "error" } else { "note" })
        .put("descriptor", json!({"id": kind(problem)}))
        .put("message", json!({"text": plain(&message)}))
        .put_some("locations", location)
        .done()
}

/// A message has a syntax for links (SARIF 2.1.0, 3.11.6); text from outside makes none.
fn plain(text: &str) -> String {
    if text.contains("](") {
        text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
    } else {
        text.to_owned()
    }
}
