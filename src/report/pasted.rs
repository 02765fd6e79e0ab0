//! What a pasted error text tells: errors, causes in order, and what to check.

use std::io::{self, Write};

use serde_json::Value;

use super::flow::flow;
use super::json::{line_of, write_document, write_line};
use super::object::Object;
use super::style::{faint, strong};
use crate::finding::Rule;
use crate::pasted::{Explanation, Likely, Seen, Unknown};
use crate::text::Shown;

/// Causes that a person is shown.
const MOST: usize = 5;
/// What clients print before or behind the reason.
const HEADS: [&str; 3] = [
    "ailed to connect to the hypervisor",
    "Unable to connect to libvirt",
    "Error while connecting to Libvirt",
];

/// For a person.
pub(crate) fn text(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    if explanation.seen.is_empty() {
        return unknown(explanation, out);
    }
    for seen in &explanation.seen {
        let why = if seen.follows { " (only follows from the first)" } else { "" };
        row("seen", &format!("{}{why}", seen.text), out)?;
    }
    for (name, value) in &explanation.facts {
        let value = if name == "begins" {
            format!("{value} (the number is what came first, taken for a length)")
        } else {
            value.to_string()
        };
        row(name, &value, out)?;
    }
    let title = if explanation.causes.len() == 1 { "The cause" } else { "Likely causes, in order" };
    writeln!(out, "\n{}", strong(title))?;
    for (at, likely) in explanation.causes.iter().take(MOST).enumerate() {
        writeln!(out)?;
        for (line_at, line) in flow(&likely.what.to_string(), Some(75)).iter().enumerate() {
            let number = if line_at == 0 { format!("{}", at + 1) } else { String::new() };
            writeln!(out, "  {number:<2}{}", strong(line))?;
        }
        for (name, words) in [("look", &likely.look), ("fix", &likely.mend)] {
            indented(name, &words.to_string(), out)?;
        }
        if let Some(rule) = &likely.cause.rule {
            indented("more", &format!("virt-doctor explain {rule}"), out)?;
        }
    }
    writeln!(out, "\n{}", strong("To be sure"))?;
    check(explanation, out)
}

fn check(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let target = &explanation.target;
    writeln!(out, "  {}", target.command())?;
    for unknown in &target.unknown {
        let words = match unknown {
            Unknown::Host => "the text does not name the host: put yours for HOST",
            Unknown::Uri => "the text does not name the connection: put yours for URI",
        };
        writeln!(out, "  {}", faint(words))?;
    }
    Ok(())
}

fn unknown(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", strong("No error of libvirt or its clients that is known here:"))?;
    for line in &explanation.unknown {
        writeln!(out, "  {line}")?;
    }
    if explanation.unknown.is_empty() {
        writeln!(out, "  {}", faint("there is no line of text in it"))?;
    }
    writeln!(out, "\n{}", strong("To see more"))?;
    let is_head = |line: &Shown| HEADS.iter().any(|head| line.as_str().contains(head));
    if explanation.unknown.iter().any(is_head) {
        writeln!(out, "  the reason stands in another line: paste that, too")?;
    }
    for line in [
        "run it again in English: LC_ALL=C, and paste all that it prints",
        "LIBVIRT_DEBUG=1 and LIBVIRT_LOG_OUTPUTS=1:stderr make any client of libvirt say more",
    ] {
        writeln!(out, "  {line}")?;
    }
    check(explanation, out)
}

fn row(name: &str, value: &str, out: &mut dyn Write) -> io::Result<()> {
    for (at, line) in flow(value, Some(70)).iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        writeln!(out, "{}{line}", faint(format!("{name:<9}")))?;
    }
    Ok(())
}

fn indented(name: &str, value: &str, out: &mut dyn Write) -> io::Result<()> {
    for (at, line) in flow(value, Some(69)).iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        writeln!(out, "    {}{line}", faint(format!("{name:<7}")))?;
    }
    Ok(())
}

/// A line for each cause.
pub(crate) fn concise(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    for (at, likely) in explanation.causes.iter().enumerate() {
        writeln!(out, "{}: {}: {}", at + 1, likely.cause.name, likely.what)?;
    }
    Ok(())
}

/// The document.
pub(crate) fn document(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let document = Object::new()
        .put("version", 1)
        .put("errors", explanation.seen.iter().map(error).collect::<Vec<_>>())
        .put("facts", facts(&explanation.facts))
        .put("causes", causes(explanation))
        .put("check", target(explanation))
        .put("problems", [0; 0])
        .done();
    write_document(&document, out)
}

/// The stream: errors, causes, then what to check.
pub(crate) fn lines(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    for seen in &explanation.seen {
        write_line(&line_of("error", error(seen)), out)?;
    }
    for cause in causes(explanation) {
        write_line(&line_of("cause", cause), out)?;
    }
    let fields = Object::new().put("facts", facts(&explanation.facts)).with(target(explanation));
    write_line(&line_of("advice", fields.done()), out)
}

fn error(seen: &Seen) -> Value {
    Object::new()
        .put("error", &seen.signature.name)
        .put("hop", &seen.signature.hop)
        .shown("text", &seen.text)
        .put("follows", seen.follows)
        .put("source", &seen.signature.source)
        .done()
}

fn facts(facts: &[(String, Shown)]) -> Value {
    facts.iter().fold(Object::new(), |object, (name, value)| object.put(name, value)).done()
}

fn causes(explanation: &Explanation) -> Vec<Value> {
    explanation.causes.iter().enumerate().map(|(at, likely)| cause(at + 1, likely)).collect()
}

fn cause(rank: usize, likely: &Likely) -> Value {
    let rule = likely.cause.rule.as_deref().and_then(Rule::named);
    Object::new()
        .put("rank", rank)
        .put("cause", &likely.cause.name)
        .put("what", &likely.what)
        .put("look", &likely.look)
        .put("fix", &likely.mend)
        .put_some("rule", rule.map(Rule::name))
        .put_some("url", rule.map(|rule| rule.parts().url()))
        .done()
}

fn target(explanation: &Explanation) -> Value {
    let target = &explanation.target;
    let unknown: Vec<&str> = target
        .unknown
        .iter()
        .map(|unknown| match unknown {
            Unknown::Host => "HOST",
            Unknown::Uri => "URI",
        })
        .collect();
    Object::new()
        .put("command", target.command())
        .put("uri", &target.uri)
        .put("in_text", target.is_in_text)
        .put("unknown", unknown)
        .done()
}
