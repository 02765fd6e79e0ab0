//! JSON out: control and bidirectional characters always as escapes.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};
use serde_json::{Serializer, Value};

use crate::finding::{Applicability, Consequence, Precision, RuleId, Severity};
use crate::inventory::Tool;
use crate::report::object::{Object, base64};
use crate::report::{LintRun, Placed};
use crate::text::{Position, Shown, Veil, is_hidden};

/// A document, indented.
pub(crate) fn write_document(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    value
        .serialize(&mut Serializer::with_formatter(&mut *out, Escaping(PrettyFormatter::new())))?;
    out.write_all(b"\n")
}

/// An object on a line of its own.
pub(crate) fn write_line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, Escaping(CompactFormatter)))?;
    out.write_all(b"\n")
}

/// The first fields of every line of a stream.
pub(crate) fn line_of(kind: &str, fields: Value) -> Value {
    Object::new().put("version", 1).put("type", kind).with(fields).done()
}

/// What could not be read or finished.
pub(crate) fn problems(run: &[crate::inventory::Problem]) -> Vec<Value> {
    let veil = Veil::default();
    run.iter()
        .map(|problem| {
            Object::new()
                .put("kind", problem.kind)
                .with(problem.file.as_deref().map_or(Value::Null, |file| {
                    Object::new().shown("file", &Shown::path(file)).done()
                }))
                .put("message", veil.show(problem.headline()))
                .done()
        })
        .collect()
}

/// The word for a kind of problem.
pub(crate) fn kind(problem: &crate::inventory::Problem) -> String {
    let word = serde_json::to_value(problem.kind).ok();
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The document of `lint`.
pub(crate) fn lint(run: &LintRun) -> Value {
    Object::new()
        .put("version", 1)
        .put("findings", run.findings.iter().map(finding).collect::<Vec<_>>())
        .put("summary", run.summary)
        .put("problems", problems(&run.problems))
        .done()
}

/// The stream of `lint`.
pub(crate) fn lint_lines(run: &LintRun, out: &mut dyn Write) -> io::Result<()> {
    finding_lines(run, out)?;
    for problem in problems(&run.problems) {
        write_line(&line_of("problem", problem), out)?;
    }
    let summary = serde_json::to_value(run.summary)?;
    write_line(&line_of("summary", summary), out)
}

/// The findings of the stream.
pub(crate) fn finding_lines(run: &LintRun, out: &mut dyn Write) -> io::Result<()> {
    for placed in &run.findings {
        let fields = FindingFields::of(placed);
        write_line(&Line { version: 1, kind: "finding", fields }, out)?;
    }
    Ok(())
}

/// One finding, as every document has it.
pub(crate) fn finding(placed: &Placed) -> Value {
    serde_json::to_value(FindingFields::of(placed)).expect("its keys are names of fields")
}

/// A line of a stream: the first fields, and those of its kind.
#[derive(Serialize)]
struct Line<T> {
    version: u8,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    fields: T,
}

#[derive(Serialize)]
struct FindingFields<'a> {
    rule: RuleId,
    severity: Severity,
    precision: Precision,
    effect: Consequence,
    client: String,
    message: &'a Shown,
    #[serde(flatten)]
    uri: Uri<'a>,
    #[serde(flatten)]
    file: Option<File>,
    #[serde(skip_serializing_if = "Option::is_none")]
    built_by: Option<&'static str>,
    start: Position,
    end: Position,
    labels: Vec<Label<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a Shown>,
    fixes: Vec<FixFields<'a>>,
    url: &'a str,
}

#[derive(Serialize)]
struct Uri<'a> {
    uri: &'a Shown,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base64: Option<String>,
}

#[derive(Serialize)]
struct File {
    file: Shown,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_base64: Option<String>,
}

#[derive(Serialize)]
struct Label<'a> {
    start: Position,
    end: Position,
    text: &'a Shown,
}

#[derive(Serialize)]
struct FixFields<'a> {
    title: &'a Shown,
    applicability: Applicability,
    edits: Vec<EditFields<'a>>,
}

#[derive(Serialize)]
struct EditFields<'a> {
    start: Position,
    end: Position,
    content: &'a Shown,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_base64: Option<String>,
}

impl<'a> FindingFields<'a> {
    fn of(placed: &'a Placed) -> Self {
        let finding = &placed.finding;
        let file = placed.file.as_deref().map(Shown::path);
        let labels = placed.labels.iter();
        Self {
            rule: finding.rule,
            severity: finding.severity,
            precision: finding.precision,
            effect: finding.effect,
            client: placed.client.to_string(),
            message: &finding.message,
            uri: Uri { uri: &placed.uri, uri_base64: base64(&placed.uri) },
            file: file.map(|file| File { file_base64: base64(&file), file }),
            built_by: placed.built_by.map(Tool::name),
            start: placed.start,
            end: placed.end,
            labels: labels
                .map(|(start, end, text)| Label { start: *start, end: *end, text })
                .collect(),
            help: finding.help.as_ref(),
            fixes: fixes(placed),
            url: &finding.url,
        }
    }
}

fn fixes(placed: &Placed) -> Vec<FixFields<'_>> {
    let fixes = placed.finding.fixes.iter().zip(&placed.edits);
    fixes
        .filter_map(|(fix, edits)| {
            let edits = edits.as_ref()?.iter().map(|(start, end, content)| EditFields {
                start: *start,
                end: *end,
                content,
                content_base64: base64(content),
            });
            Some(FixFields {
                title: &fix.title,
                applicability: fix.applicability,
                edits: edits.collect(),
            })
        })
        .collect()
}

/// Escapes in addition what a terminal or an editor would obey.
struct Escaping<F>(F);

impl<F: Formatter> Formatter for Escaping<F> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if fragment.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut plain = 0;
        for (at, character) in
            fragment.char_indices().filter(|(_, character)| is_hidden(*character))
        {
            writer.write_all(&fragment.as_bytes()[plain..at])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + character.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[plain..])
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escapes() {
        let mut out = Vec::new();
        write_line(&serde_json::json!({"a": "x\u{202e}y\u{9b}\u{1b}é"}), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "{\"a\":\"x\\u202ey\\u009b\\u001bé\"}\n");
    }
}
