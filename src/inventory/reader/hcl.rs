//! HCL: strings and templates, and the names that they are assigned to.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey, ObjectValue};
use hcl_edit::structure::{Attribute, Block, Body};
use hcl_edit::template::{Element, HeredocTemplate};
use hcl_edit::visit::{Visit, visit_attr, visit_block, visit_expr};

use super::quoted::{between_quotes, decoded, numbered};
use super::{Broken, Document, Text};
use crate::inventory::spelling::Spelling;

pub(super) fn texts(document: &Document<'_>) -> Result<Vec<Text>, Broken> {
    let text = document.text.strip_prefix('\u{feff}').unwrap_or(document.text);
    let shift = document.text.len() - text.len();
    let body: Body = text.parse().map_err(|error: hcl_edit::parser::Error| Broken {
        at: shift + error.location().offset(),
        why: error.message().to_owned(),
    })?;
    let mut reading = Reading { document, shift, key: None, variable: None, texts: Vec::new() };
    reading.visit_body(&body);
    Ok(reading.texts)
}

struct Reading<'d, 't> {
    document: &'d Document<'t>,
    shift: usize,
    key: Option<String>,
    /// The name of the variable whose block is open.
    variable: Option<String>,
    texts: Vec<Text>,
}

impl Reading<'_, '_> {
    fn place(&self, span: Range<usize>) -> (usize, usize) {
        (self.shift + span.start, self.shift + span.end)
    }

    /// Adds the text of an expression in quotes, of which `parts` are read and the rest
    /// is copied.
    fn add(&mut self, span: Option<Range<usize>>, parts: &[Range<usize>]) {
        let Some((start, end)) = span.map(|span| self.place(span)) else { return };
        if !self.document.wants(start, end) || end < start + 2 {
            return;
        }
        let mut inner = Spelling::default();
        let mut at = start + 1;
        for part in parts {
            let (from, to) = self.place(part.clone());
            inner.copy(self.document.bytes(at, from.max(at)), self.document.base + at);
            let literal = self.document.bytes(from.max(at), to.max(at));
            inner.append(&decoded(literal, self.document.base + from.max(at), escape));
            at = to.max(at);
        }
        inner.copy(self.document.bytes(at, (end - 1).max(at)), self.document.base + at);
        let spelling = between_quotes(&inner, self.document.in_file(start, end));
        let text = self.document.value(spelling, (start, end), self.key.as_deref());
        self.texts.push(text);
    }

    fn under(&mut self, key: Option<String>, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.key, key);
        visit(self);
        self.key = outer;
    }
}

impl Visit for Reading<'_, '_> {
    fn visit_attr(&mut self, node: &Attribute) {
        let name = node.key.as_str();
        let key = self.variable.clone().filter(|_| name == "default");
        self.under(key.or_else(|| Some(name.to_owned())), |this| visit_attr(this, node));
    }

    fn visit_block(&mut self, node: &Block) {
        let label = node.labels.first().map(|label| label.as_str().to_owned());
        self.variable = label.filter(|_| node.ident.as_str() == "variable");
        self.under(None, |this| visit_block(this, node));
        self.variable = None;
    }

    fn visit_object_item(&mut self, key: &ObjectKey, value: &ObjectValue) {
        let name = match key {
            ObjectKey::Ident(name) => Some(name.to_string()),
            ObjectKey::Expression(Expression::String(name)) => Some(name.to_string()),
            ObjectKey::Expression(_) => None,
        };
        self.under(name, |this| this.visit_object_value(value));
    }

    fn visit_expr(&mut self, node: &Expression) {
        match node {
            Expression::String(string) => {
                let span = string.span();
                let inner = span.clone().filter(|span| span.len() >= 2);
                let inner = inner.map(|span| span.start + 1..span.end - 1);
                self.add(span, inner.as_slice());
            }
            Expression::StringTemplate(template) => {
                let literals: Vec<Range<usize>> = template
                    .iter()
                    .filter_map(|element| match element {
                        Element::Literal(literal) => literal.span(),
                        Element::Interpolation(_) | Element::Directive(_) => None,
                    })
                    .collect();
                self.add(template.span(), &literals);
                visit_expr(self, node);
            }
            _ => visit_expr(self, node),
        }
    }

    // The lines of a heredoc are its own, and were followed already.
    fn visit_heredoc_template(&mut self, _node: &HeredocTemplate) {}
}

/// The escapes of HCL's native syntax, and the marks of templates that are none.
fn escape(text: &[u8]) -> Option<(Option<char>, usize)> {
    if text.starts_with(b"$${") || text.starts_with(b"%%{") {
        return Some((Some(char::from(text[0])), 2));
    }
    if text.first() != Some(&b'\\') {
        return None;
    }
    let value = match text.get(1)? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        byte @ (b'"' | b'\\') => char::from(*byte),
        _ => return numbered(text).map(|(value, length)| (Some(value), length)),
    };
    Some((Some(value), 2))
}

#[cfg(test)]
mod tests {
    use crate::inventory::reader::tests::{contexts, found};

    #[test]
    fn escapes_have_their_places() {
        let text = "uri = \"\\u0071emu+ssh://${var.h[\"a\"]}/s\\u0079stem?x=\\\"a\"\n";
        let found = found("main.tf", text);
        assert_eq!(found[0].uri, "qemu+ssh://\u{1a}/system?x=\"a");
        assert_eq!(found[0].key.as_deref(), Some("uri"));
        assert_eq!(found[0].at("qemu"), "\\u0071emu");
        assert_eq!(found[0].at("\u{1a}/"), "${var.h[\"a\"]}/");
        assert_eq!(found[0].at("system"), "s\\u0079stem");
        assert_eq!(found[0].at("tem"), "tem");
    }

    #[test]
    fn strings_under_their_names() {
        for (text, expected) in [
            (
                "libvirt_uris = [\n  \"esx://h/\",\n  \"qemu:///sytem\",\n]\n",
                vec!["value esx://h/", "value qemu:///sytem"],
            ),
            ("kvm_uri = format(\"esx://%s/\", var.h)\n", vec!["value esx://\u{1a}/"]),
            ("x = {\n  libvirt_uri = {\n    default = \"esx://h/\"\n  }\n}\n", vec![]),
            (
                "user_data = <<-EOT\n  # qemu:///x\n  a = \"qemu:///sytem\"\n  EOT\n",
                vec!["comment qemu:///x", "heredoc qemu:///sytem"],
            ),
            (
                "variable \"u\" {\n  description = \"As qemu:///sytem\"\n  default = \"qemu:///sytem\"\n}\n",
                vec!["value qemu:///sytem", "value qemu:///sytem"],
            ),
        ] {
            assert_eq!(contexts("main.tf", text), expected, "{text}");
        }
        let variable = "variable \"libvirt_uri\" {\n  default = \"test://./lab.xml\"\n}\n";
        assert_eq!(found("main.tf", variable)[0].key.as_deref(), Some("libvirt_uri"));
        let listed = found("main.tf", "libvirt_uris = [\n  \"qemu:///sytem\",\n]\n");
        assert_eq!(listed[0].key.as_deref(), Some("libvirt_uris"));
    }
}
