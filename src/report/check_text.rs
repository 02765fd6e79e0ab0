//! A check for a person: the way first, then what is wrong and what to do.

use std::io::{self, Write};

use super::flow::flow;
use super::plan_text::shell_word;
use super::style::{bad, faint, good, odd, severity, strong};
use super::{CheckRun, CheckedTarget, hop_line};
use crate::engine::{Status, Verdict};
use crate::finding::{Consequence, Finding};
use crate::settings::UriOrigin;
use crate::tables::clients::Family;
use crate::text::{Lines, Shown, Veil};

/// One connection.
///
/// `width` is that of the terminal, where it is one.
pub(crate) fn write(
    target: &CheckedTarget,
    quiet: bool,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let veil = &target.diagnosis.veil;
    let from = target.seen_from.as_ref().map(|host| format!("   seen from {host}"));
    let whence = faint(format!("{}{}", origin(target), from.unwrap_or_default()));
    writeln!(out, "{}{whence}", strong(title(target)))?;
    for hop in &target.diagnosis.hops {
        let text = hop_line::line(hop.hop, hop.status, &target.diagnosis.plan, &target.evidence);
        writeln!(out, "  {} {:<8} {}", mark(hop.status), hop.hop.name(), veil.show(text))?;
    }
    if let Some(foresight) = target.foresight.as_ref().filter(|seen| seen.tries.len() > 1) {
        writeln!(out, "  {} {}", faint("»"), faint(format!("virsh {}", foresight.sentence())))?;
    }
    let findings = &target.diagnosis.findings;
    let (following, own): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().partition(|finding| finding.consequence_of.is_some());
    let cause = target.diagnosis.cause.map(|at| &findings[at]);
    let rivals: Vec<&Finding> = target.diagnosis.rivals.iter().map(|at| &findings[*at]).collect();
    let is_one_of = |list: &[&Finding], finding: &Finding| {
        list.iter().any(|other| std::ptr::eq(*other, finding))
    };
    let first: Vec<&Finding> = cause.into_iter().collect();
    let others = own
        .iter()
        .copied()
        .filter(|finding| !is_one_of(&first, finding) && !is_one_of(&rivals, finding));
    for finding in first.iter().chain(&rivals).copied().chain(others) {
        let is_rival = is_one_of(&rivals, finding);
        writeln!(out, "{}", if is_rival { "\nor:" } else { "" })?;
        write_finding(finding, target, width, out)?;
    }
    for finding in following {
        let text = format!("follows from it: {} ({})", finding.message, finding.rule.name());
        writeln!(out, "\n{}", faint(flow(&text, width).join("\n  ")))?;
    }
    write_alternatives(target, width, out)?;
    if !quiet {
        writeln!(out, "\n{}", verdict(target))?;
    }
    Ok(())
}

/// Where the text below `try:` begins.
const TRY: usize = 5;

/// A line to copy for each, unless a finding has it or it was seen to fail.
fn write_alternatives(
    target: &CheckedTarget,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let remedies = target.diagnosis.findings.iter().flat_map(|finding| &finding.remedy);
    let offered: Vec<&str> = remedies.map(|remedy| remedy.command.as_str()).collect();
    for alternative in &target.alternatives {
        let flag = if alternative.found.readonly { "-r " } else { "" };
        let uri = shell_word(alternative.uri.as_str().as_bytes());
        let command = format!("virsh {flag}-c {uri}");
        let proof = match (alternative.verdict, alternative.found.needs_leave) {
            (Some(Verdict::Ok), _) => "; tried, and it works",
            (Some(Verdict::Fails), _) => continue,
            (Some(Verdict::NeedsInput), _) => "; tried, and it asks for a password",
            (None, true) => "; whether it works, --try-alternatives tells",
            (Some(Verdict::Unsure) | None, _) => "",
        };
        if alternative.verdict.is_none() && offered.contains(&command.as_str()) {
            continue;
        }
        let why = format!("{}{proof}", alternative.why);
        let why = flow(&why, width.map(|width| width - TRY)).join(&format!("\n{:TRY$}", ""));
        writeln!(out, "\n{} {}\n     {}", strong("try:"), Shown::ours(command), faint(why))?;
    }
    Ok(())
}

/// After more than one connection, how many went how.
pub(crate) fn sum(run: &CheckRun, out: &mut dyn Write) -> io::Result<()> {
    if run.targets.len() < 2 {
        return Ok(());
    }
    let words = [Verdict::Ok, Verdict::Fails, Verdict::NeedsInput, Verdict::Unsure]
        .map(|verdict| {
            let count =
                run.targets.iter().filter(|target| target.diagnosis.verdict == verdict).count();
            (count, verdict_word(verdict))
        })
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect::<Vec<_>>();
    let suppressed = match run.summary.suppressed {
        0 => String::new(),
        count => format!(", {count} suppressed"),
    };
    writeln!(out, "\n{} connections: {}{suppressed}", run.targets.len(), strong(words.join(", ")))
}

const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Fails => "fails",
        Verdict::NeedsInput => "needs-input",
        Verdict::Unsure => "unsure",
    }
}

/// One connection on one line.
pub(crate) fn concise(target: &CheckedTarget, out: &mut dyn Write) -> io::Result<()> {
    let diagnosis = &target.diagnosis;
    let words = verdict_word(diagnosis.verdict);
    let cause = diagnosis.cause.map(|at| &diagnosis.findings[at]);
    let cause = cause.map(|finding| {
        format!(": {}[{}]: {}", finding.severity.name(), finding.rule.name(), finding.message)
    });
    writeln!(out, "{}: {words}{}", title(target), cause.unwrap_or_default())
}

/// The URI, secrets hidden.
pub(super) fn title(target: &CheckedTarget) -> Shown {
    if target.uri.is_empty() {
        Shown::ours("(no URI: the daemon picks a driver)")
    } else {
        target.diagnosis.veil.show(&target.uri)
    }
}

/// Where the URI comes from, if nobody typed it.
fn origin(target: &CheckedTarget) -> String {
    let from = match &target.origin {
        UriOrigin::Given | UriOrigin::Nobody => return String::new(),
        UriOrigin::Alias(file) => format!("an alias of {file}"),
        UriOrigin::Variable(name) => format!("${name}"),
        UriOrigin::ConfDefault(file) => format!("uri_default of {file}"),
    };
    format!("   from {}", Veil::default().show(from))
}

fn mark(status: Status) -> String {
    match status {
        Status::Ok => good("✓"),
        Status::Failed => bad("✗"),
        Status::Warning => odd("!"),
        Status::NeedsInput => odd("?"),
        Status::NotReached | Status::Skipped => faint("·"),
    }
}

/// Where the text of a row begins.
const ROW: usize = 9;

fn write_finding(
    finding: &Finding,
    target: &CheckedTarget,
    width: Option<usize>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let title = format!("{}[{}]: ", finding.severity.name(), finding.rule.name());
    let room = width.map(|width| width.saturating_sub(title.len()));
    let message = flow(&finding.message.to_string(), room);
    write!(out, "{}[{}]: ", severity(finding.severity), finding.rule.name())?;
    let indent = " ".repeat(title.len().min(30));
    writeln!(out, "{}", strong(message.join(&format!("\n{indent}"))))?;
    if !finding.span.is_empty() && finding.span.len() < target.uri.len() {
        let (line, carets) = caret(finding, target);
        writeln!(out, "  {} {line}\n         {carets}", faint("at    "))?;
    }
    let mut row =
        |name: &str, text: String| writeln!(out, "  {} {text}", faint(format!("{name:<6}")));
    if let Some(help) = &finding.help {
        let lines = flow(&help.to_string(), width.map(|width| width - ROW));
        row("help", lines.join(&format!("\n{:ROW$}", "")))?;
    }
    if let Some(virsh) = &finding.virsh {
        let after = virsh
            .seconds
            .filter(|seconds| *seconds >= 1.0)
            .map(|seconds| format!(", after {seconds:.0} s"));
        let mut lines = virsh.message.lines();
        let first = lines.next().unwrap_or_default();
        let after = after.unwrap_or_default();
        match target.diagnosis.plan.client.family {
            Family::Libvirt => row("virsh", format!("would say{after}: error: {first}"))?,
            Family::GoLibvirt | Family::Terraform => {
                row("client", format!("would say{after}: {first}"))?;
            }
        }
        for line in lines {
            row("", line.to_string())?;
        }
    }
    if finding.effect == Consequence::Crashes {
        row("virsh", "dies of a segmentation fault, and prints nothing".to_owned())?;
    }
    let several = !target.diagnosis.rivals.is_empty();
    if let Some(way) = finding.distinguish.as_ref().filter(|_| several) {
        let lines = flow(&way.to_string(), width.map(|width| width - ROW));
        row("tell", lines.join(&format!("\n{:ROW$}", "")))?;
    }
    for remedy in &finding.remedy {
        row("fix", format!("{}: {}", remedy.place, remedy.command))?;
    }
    for fix in finding.fixes.iter().take(1) {
        row("fix", format!("in the URI: {}", fix.title))?;
    }
    row("more", format!("virt-doctor explain {}", finding.rule.name()))
}

/// The URI with its secrets hidden, and carets under the place.
fn caret(finding: &Finding, target: &CheckedTarget) -> (String, String) {
    let excerpt = super::snippet::excerpt(
        &target.uri,
        finding.span,
        [&[]; 2],
        &target.secrets,
        &Lines::of(&target.uri),
    );
    let before = excerpt.text[..excerpt.span.start as usize].chars().count();
    let width = excerpt.text[excerpt.span.range()].chars().count().max(1);
    (excerpt.text, format!("{}{}", " ".repeat(before), bad("^".repeat(width))))
}

fn verdict(target: &CheckedTarget) -> String {
    match target.diagnosis.verdict {
        Verdict::Ok if target.diagnosis.plan.needs_nothing() => good("ok: nothing here can fail"),
        Verdict::Ok => good("ok: libvirt answers"),
        Verdict::Fails => bad("fails"),
        Verdict::NeedsInput | Verdict::Unsure => odd(unsettled(target).unwrap_or_default()),
    }
}

/// Why nobody knows whether it connects.
pub(super) fn unsettled(target: &CheckedTarget) -> Option<&'static str> {
    match target.diagnosis.verdict {
        Verdict::Ok | Verdict::Fails => None,
        Verdict::NeedsInput => Some("needs input: the client would ask a person"),
        Verdict::Unsure => Some("unsure: not all of the way could be looked at"),
    }
}
