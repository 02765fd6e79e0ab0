//! A rule in a SARIF log: its page, as GitHub shows it beside an alert.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::catalogue::examples;
use super::object::Object;
use crate::engine::catalogue::Page;
use crate::finding::Severity;

/// The `reportingDescriptor` of a rule.
pub(super) fn descriptor(page: Page<'_>) -> Value {
    let (rule, head) = (page.rule, page.head);
    let prose = page.prose();
    // The standard wants an absolute one.
    let url = page.file.is_none().then(|| page.url());
    Object::new()
        .put("id", rule)
        .put("name", camel(rule.name()))
        .put("shortDescription", json!({"text": head.summary}))
        .put("fullDescription", json!({"text": first_paragraph(prose)}))
        .put("help", json!({"text": prose, "markdown": markdown(page)}))
        .put_some("helpUri", url)
        .put("defaultConfiguration", json!({"level": head.severity}))
        .put("properties", properties(page))
        .done()
}

/// What GitHub sorts and filters by.
fn properties(page: Page<'_>) -> Value {
    let (rule, head) = (page.rule, page.head);
    let problem = match head.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "recommendation",
    };
    // GitHub's scale: from 7.0 on high, from 4.0 on medium.
    let score = match head.severity {
        Severity::Error => "8.0",
        Severity::Warning => "5.0",
        Severity::Note => "2.0",
    };
    Object::new()
        .put("precision", head.precision)
        .put("problem.severity", problem)
        .put_some("security-severity", (rule.folder() == "security").then_some(score))
        .put("tags", [rule.folder(), head.effect.name(), "libvirt"])
        .done()
}

/// The page without its head: prose, what is wrong, what is right.
fn markdown(page: Page<'_>) -> String {
    let mut text = page.prose().to_owned();
    for (title, heading) in [("Wrong", "## Bad\n"), ("Right", "## Good\n")] {
        let lines = examples(page.text, heading);
        if !lines.is_empty() {
            let _ = write!(text, "\n\n{title}:\n\n```text\n{}\n```", lines.join("\n"));
        }
    }
    text
}

fn first_paragraph(prose: &str) -> String {
    prose.split("\n\n").next().unwrap_or_default().replace('\n', " ")
}

/// `wrong-path` as the name that SARIF's readers expect beside an id: `WrongPath`.
fn camel(name: &str) -> String {
    name.split('-').map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Rule;

    /// GitHub cuts longer descriptions off.
    #[test]
    fn descriptions_are_short_enough_for_github() {
        for rule in Rule::all() {
            let texts = [rule.head().summary.clone(), first_paragraph(rule.parts().prose())];
            for text in texts {
                let length = text.chars().count();
                assert!((1..=1024).contains(&length), "{}: {length}", rule.name());
            }
        }
    }
}
