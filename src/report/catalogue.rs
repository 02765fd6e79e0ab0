//! The rules: as a table, and one rule's page for the terminal.

use std::io::{self, Write};
use std::path::Path;

use serde_json::Value;

use super::flow::flow;
use super::json::{line_of, write_document, write_line};
use super::object::Object;
use super::style::{faint, severity, strong};
use crate::engine::catalogue::Page;
use crate::engine::examples::Mismatch;
use crate::engine::{Levels, Origin};
use crate::finding::{RuleId, Severity};
use crate::text::{Shown, Veil};

/// Why a rule has its level.
fn because(origin: &Origin) -> String {
    let veil = Veil::default();
    match origin {
        Origin::Page => "its own".to_owned(),
        Origin::Config(place) => {
            let at = format!("{}:{}", Shown::path(&place.file), place.line);
            let paths = place.paths.as_ref().map(|paths| format!(", {}", veil.show(paths)));
            at + &paths.unwrap_or_default()
        }
        Origin::Option(option) => (*option).to_owned(),
    }
}

/// A file, and what is set for it besides the levels.
pub(crate) struct InForceFor<'a> {
    pub(crate) file: &'a Path,
    /// The nearest configuration.
    pub(crate) config: Option<&'a Path>,
    pub(crate) client: (Option<String>, &'a Origin),
    pub(crate) fail_on: (Option<&'static str>, &'a Origin),
}

impl InForceFor<'_> {
    /// Name, value, and who set it.
    fn rows(&self) -> [(&'static str, Option<String>, &Origin); 2] {
        let fail_on = self.fail_on.0.map(str::to_owned);
        [("client", self.client.0.clone(), self.client.1), ("fail-on", fail_on, self.fail_on.1)]
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{:<9}{}", "file", Shown::path(self.file))?;
        let config = self.config.map_or_else(|| Shown::ours("none"), Shown::path);
        writeln!(out, "{:<9}{config}", "config")?;
        for (name, value, origin) in self.rows() {
            if let Some(value) = value {
                writeln!(out, "{name:<9}{value}   {}", faint(format!("({})", because(origin))))?;
            }
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let mut object = Object::new().shown("file", &Shown::path(self.file));
        if let Some(config) = self.config {
            object = object.shown("config", &Shown::path(config));
        }
        for (name, value, origin) in self.rows() {
            let value = value.map(|value| {
                Object::new().put("value", value).put("because", because(origin)).done()
            });
            object = object.put_some(if name == "client" { name } else { "fail_on" }, value);
        }
        object.done()
    }
}

/// The level that is shown of a rule; none where it is off or silenced.
fn shown_level(levels: &Levels, rule: RuleId) -> Option<Severity> {
    levels.of(rule).filter(|_| levels.silencer(rule).is_none())
}

fn origin(levels: &Levels, rule: RuleId) -> &Origin {
    levels.silencer(rule).unwrap_or(levels.origin(rule))
}

/// All rules by subject: level, name, summary; the reason where it is not the
/// rule's own.
pub(crate) fn table(
    levels: &Levels,
    in_force: Option<&InForceFor<'_>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if let Some(in_force) = in_force {
        in_force.text(out)?;
    }
    let mut rules: Vec<RuleId> = levels.all().collect();
    rules.sort_by_key(|rule| rule.folder());
    let width = rules.iter().map(|rule| rule.name().len()).max().unwrap_or(0);
    let mut folder = "";
    for rule in rules {
        if rule.folder() != folder {
            folder = rule.folder();
            writeln!(out, "\n{}", strong(folder))?;
        }
        let (word, padding) = match shown_level(levels, rule) {
            Some(level) => (severity(level), 8 - level.name().len()),
            None => (faint("off"), 5),
        };
        let origin = origin(levels, rule);
        let page = levels.page(rule);
        let reasons: Vec<String> = page
            .file
            .map(|file| Shown::path(file).to_string())
            .into_iter()
            .chain((*origin != Origin::Page).then(|| because(origin)))
            .collect();
        let reason = if reasons.is_empty() {
            String::new()
        } else {
            faint(format!("   ({})", reasons.join("; ")))
        };
        writeln!(
            out,
            "  {word}{:padding$}{:<width$}  {}{reason}",
            "",
            rule.name(),
            Veil::default().show(&page.head.summary)
        )?;
    }
    Ok(())
}

/// The table as JSON.
pub(crate) fn table_json(
    levels: &Levels,
    in_force: Option<&InForceFor<'_>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rules: Vec<Value> = levels.all().map(|rule| row(levels.page(rule), levels)).collect();
    let document = Object::new()
        .put("version", 1)
        .put_some("for", in_force.map(InForceFor::json))
        .put("rules", rules)
        .put("problems", [0; 0])
        .done();
    write_document(&document, out)
}

/// The table as a stream: a rule a line, before them what is set for the file.
pub(crate) fn table_lines(
    levels: &Levels,
    in_force: Option<&InForceFor<'_>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if let Some(in_force) = in_force {
        write_line(&line_of("for", in_force.json()), out)?;
    }
    levels
        .all()
        .try_for_each(|rule| write_line(&line_of("rule", row(levels.page(rule), levels)), out))
}

fn row(page: Page<'_>, levels: &Levels) -> Value {
    let (rule, head) = (page.rule, page.head);
    Object::new()
        .put("rule", rule)
        .put("folder", rule.folder())
        .put("summary", &head.summary)
        .put("level", shown_level(levels, rule).map_or("off", Severity::name))
        .put("because", because(origin(levels, rule)))
        .put("severity", head.severity)
        .put("precision", head.precision)
        .put("effect", head.effect)
        .put("fix", head.fix)
        .put("clients", head.clients())
        .put("locked", levels.is_locked(rule))
        .put_some("since", Some(&head.since).filter(|since| !since.is_empty()))
        .put("replaces", &head.replaces)
        .put("explains", &head.explains)
        .put("sources", &head.sources)
        .put("url", page.url())
        .with(
            page.file
                .map_or(Value::Null, |file| Object::new().shown("file", &Shown::path(file)).done()),
        )
        .done()
}

/// One rule with its page as JSON.
pub(crate) fn page_json(page: Page<'_>, levels: &Levels, out: &mut dyn Write) -> io::Result<()> {
    let document = Object::new()
        .put("version", 1)
        .with(row(page, levels))
        .put("page", page.text)
        .put("problems", [0; 0])
        .done();
    write_document(&document, out)
}

/// The same on one line.
pub(crate) fn page_line(page: Page<'_>, levels: &Levels, out: &mut dyn Write) -> io::Result<()> {
    let fields = Object::new().with(row(page, levels)).put("page", page.text).done();
    write_line(&line_of("rule", fields), out)
}

/// One rule for an 80-column terminal.
pub(crate) fn page(page: Page<'_>, levels: &Levels, out: &mut dyn Write) -> io::Result<()> {
    let (rule, head) = (page.rule, page.head);
    let veil = Veil::default();
    let shown = |text: &str| veil.show(text).to_string();
    let level = shown_level(levels, rule).map_or_else(|| faint("off"), severity);
    writeln!(out, "{}   {level}", strong(rule.name()))?;
    for line in flow(&shown(&head.summary), Some(78)) {
        writeln!(out, "  {line}")?;
    }
    for paragraph in page.prose().split("\n\n") {
        writeln!(out)?;
        for line in flow(&shown(&paragraph.replace('\n', " ")), Some(78)) {
            writeln!(out, "{line}")?;
        }
    }
    for (title, heading) in [("Wrong", "## Bad\n"), ("Right", "## Good\n")] {
        let examples = examples(page.text, heading);
        if !examples.is_empty() {
            writeln!(out, "\n{}", strong(title))?;
        }
        for line in examples {
            writeln!(out, "  {}", shown(&line))?;
        }
    }
    writeln!(out)?;
    let facts = [
        ("effect", head.effect.name()),
        ("precision", head.precision.name()),
        ("subject", rule.folder()),
        ("since", &head.since),
    ];
    for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{}{}", faint(format!("{name:<11}")), shown(value))?;
    }
    if head.clients.is_some() {
        writeln!(out, "{}{}", faint(format!("{:<11}", "clients")), head.clients().join(", "))?;
    }
    for (name, rules) in [("instead of", &head.replaces), ("explains", &head.explains)] {
        for (at, line) in flow(&rules.join(", "), Some(68)).into_iter().enumerate() {
            let name = if at == 0 { name } else { "" };
            writeln!(out, "{}{line}", faint(format!("{name:<11}")))?;
        }
    }
    for source in &head.sources {
        writeln!(out, "{}{}", faint(format!("{:<11}", "source")), shown(source))?;
    }
    let place = page.file.map_or_else(|| page.url(), |file| Shown::path(file).to_string());
    writeln!(out, "{}{place}", faint(format!("{:<11}", "page")))
}

/// What came of running the examples of pages; the true ones are named if `each` is asked for.
pub(crate) fn test_results(
    results: &[(String, Vec<Mismatch>)],
    each: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let veil = Veil::default();
    let mut failed = 0;
    for (page, mismatches) in results {
        failed += usize::from(!mismatches.is_empty());
        if each && mismatches.is_empty() {
            writeln!(out, "{}: ok", veil.show(page))?;
        }
        for mismatch in mismatches {
            writeln!(out, "{}:{}: {}", veil.show(page), mismatch.line, veil.show(&mismatch.what))?;
        }
    }
    let pages = if results.len() == 1 { "page" } else { "pages" };
    writeln!(out, "{} {pages}, {failed} with examples that are not true", results.len())
}

/// The lines of the examples below a heading, without the test's own notes. Evidence
/// is for the test: a person gains nothing from it.
pub(super) fn examples(page: &str, heading: &str) -> Vec<String> {
    let Some(start) = page.find(heading) else { return Vec::new() };
    let section = page[start + heading.len()..].split("\n## ").next().unwrap_or_default();
    let mut lines = Vec::new();
    let mut fence: Option<(&str, Vec<&str>)> = None;
    for line in section.lines() {
        match (&mut fence, line.strip_prefix("```")) {
            (None, Some(info)) => fence = Some((info, Vec::new())),
            (Some((_, block)), None) => block.push(line),
            (Some(("expect", _)), Some(_)) => fence = None,
            (Some(("json evidence", block)), Some(_)) => {
                lines.extend(case(&block.concat()));
                fence = None;
            }
            (Some((_, block)), Some(_)) => {
                let shown = block.iter().filter_map(|line| line.split("  # error: ").next());
                lines.extend(shown.map(str::to_owned));
                fence = None;
            }
            (None, None) => {}
        }
    }
    lines
}

/// A connection without evidence: its URI, and what goes with it.
fn case(json: &str) -> Vec<String> {
    let Ok(case) = serde_json::from_str::<Value>(json) else { return Vec::new() };
    if case.get("evidence").is_some() {
        return Vec::new();
    }
    let text = |name: &str| case.get(name).and_then(Value::as_str);
    let mut first = text("uri").unwrap_or_default().to_owned();
    if case["uid"] == 0 {
        first.push_str("   (as root)");
    }
    if let Some(client) = text("client") {
        first.push_str("   --client ");
        first.push_str(client);
    }
    let mut lines = vec![first];
    let conf = text("libvirt_conf").unwrap_or_default();
    lines.extend(conf.lines().map(|line| format!("libvirt.conf: {line}")));
    for (name, value) in case["environment"].as_object().into_iter().flatten() {
        lines.push(format!("environment: {name}={}", value.as_str().unwrap_or_default()));
    }
    let files = case["files"].as_array().into_iter().flatten().filter_map(Value::as_str);
    lines.extend(files.map(|file| format!("there is {file}")));
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Rule;

    #[test]
    fn every_page_fits_a_terminal() {
        for rule in Rule::all() {
            let mut out = Vec::new();
            page(rule.parts(), &Levels::default(), &mut out).unwrap();
            let text = anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string();
            let url = |line: &str| line.contains("https://") || line.starts_with("  ");
            for line in text.lines().filter(|line| !url(line)) {
                assert!(line.chars().count() <= 80, "{}: {line}", rule.name());
            }
        }
    }
}
