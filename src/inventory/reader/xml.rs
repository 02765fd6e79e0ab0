//! XML: texts and attributes, and the names that they have.
//!
//! Entities of a document's own are not expanded: only the five that XML has itself and
//! those by number are characters.

use super::quoted::between_quotes;
use super::{Broken, Document, Text};
use crate::inventory::spelling::Spelling;

pub(super) fn texts(document: &Document<'_>) -> Result<Vec<Text>, Broken> {
    let mut reading = Reading {
        document,
        bytes: document.text.as_bytes(),
        open: Vec::new(),
        last_text: None,
        texts: Vec::new(),
    };
    let mut at = 0;
    while let Some(offset) = memchr::memchr(b'<', &reading.bytes[at..]) {
        reading.text((at, at + offset), Decoding::Entities);
        at = reading.markup(at + offset)?;
    }
    reading.text((at, reading.bytes.len()), Decoding::Entities);
    match reading.open.last() {
        None => Ok(reading.texts),
        Some(element) => {
            Err(Broken { at: element.start, why: format!("<{}> is not closed", element.name) })
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Decoding {
    Entities,
    /// In CDATA nothing is written with others.
    Verbatim,
}

struct Element<'t> {
    name: &'t str,
    start: usize,
    /// What an attribute says its text is: `<entry key="uri">`.
    key: Option<&'t str>,
}

struct Reading<'d, 't> {
    document: &'d Document<'t>,
    bytes: &'t [u8],
    open: Vec<Element<'t>>,
    /// The text of the element before: `<name>uri</name><value>…</value>`.
    last_text: Option<&'t str>,
    texts: Vec<Text>,
}

/// Attributes whose value is the name of the element's text.
const NAMING: [&str; 3] = ["key", "name", "id"];

impl<'t> Reading<'_, 't> {
    fn markup(&mut self, at: usize) -> Result<usize, Broken> {
        let rest = &self.bytes[at..];
        let broken = |why: &str| Broken { at, why: why.to_owned() };
        let up_to =
            |close: &[u8]| memchr::memmem::find(rest, close).map(|end| at + end + close.len());
        if rest.starts_with(b"<!--") {
            return up_to(b"-->").ok_or_else(|| broken("a comment is not closed"));
        }
        if rest.starts_with(b"<![CDATA[") {
            let end = up_to(b"]]>").ok_or_else(|| broken("CDATA is not closed"))?;
            self.text((at + 9, end - 3), Decoding::Verbatim);
            return Ok(end);
        }
        if rest.starts_with(b"<?") {
            return up_to(b"?>").ok_or_else(|| broken("an instruction is not closed"));
        }
        if rest.starts_with(b"<!") {
            return self.declaration(at).ok_or_else(|| broken("a declaration is not closed"));
        }
        if rest.starts_with(b"</") {
            let end = up_to(b">").ok_or_else(|| broken("a tag is not closed"))?;
            let name = self.document.text[at + 2..end - 1].trim();
            return match self.open.pop() {
                Some(element) if element.name == name => Ok(end),
                _ => Err(broken("a tag closes none")),
            };
        }
        self.tag(at).ok_or_else(|| broken("a tag is not closed"))
    }

    /// `<!DOCTYPE a [ … ]>`.
    fn declaration(&self, at: usize) -> Option<usize> {
        let rest = &self.bytes[at..];
        let end = memchr::memchr2(b'>', b'[', rest)?;
        if rest[end] == b'>' {
            return Some(at + end + 1);
        }
        let inner = memchr::memmem::find(&rest[end..], b"]")?;
        memchr::memchr(b'>', &rest[end + inner..]).map(|close| at + end + inner + close + 1)
    }

    fn tag(&mut self, start: usize) -> Option<usize> {
        let name_end = self.name_end(start + 1);
        let name = self.document.text.get(start + 1..name_end)?;
        let mut key = None;
        let mut at = name_end;
        loop {
            at += self.bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            match self.bytes.get(at)? {
                b'>' => {
                    self.open.push(Element { name, start, key });
                    return Some(at + 1);
                }
                b'/' => at += 1,
                _ => {
                    let (attribute, value, end) = self.attribute(at)?;
                    if NAMING.contains(&attribute) {
                        key = Some(value);
                    }
                    at = end;
                }
            }
            if self.bytes[at - 1] == b'/' && self.bytes.get(at) == Some(&b'>') {
                return Some(at + 1);
            }
        }
    }

    fn name_end(&self, at: usize) -> usize {
        let ends = |byte: &u8| byte.is_ascii_whitespace() || b"/>=<\"'".contains(byte);
        self.bytes[at..].iter().position(ends).map_or(self.bytes.len(), |length| at + length)
    }

    /// An attribute, its value as it stands there, and its end.
    fn attribute(&mut self, at: usize) -> Option<(&'t str, &'t str, usize)> {
        let name_end = self.name_end(at).max(at + 1);
        let name = self.document.text.get(at..name_end)?;
        let blank = |from: usize| {
            from + self.bytes[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
        };
        let equals = blank(name_end);
        if self.bytes.get(equals) != Some(&b'=') {
            return Some((name, "", name_end));
        }
        let open = blank(equals + 1);
        let quote = *self.bytes.get(open).filter(|byte| matches!(byte, b'"' | b'\''))?;
        let close = open + 1 + memchr::memchr(quote, &self.bytes[open + 1..])?;
        let place = (open, close + 1);
        if self.document.wants(place.0, place.1) {
            let inner = self.spelling((open + 1, close), Decoding::Entities);
            let spelling = between_quotes(&inner, self.document.in_file(place.0, place.1));
            self.texts.push(self.document.value(spelling, place, Some(name)));
        }
        Some((name, self.document.text.get(open + 1..close)?, close + 1))
    }

    fn text(&mut self, (start, end): (usize, usize), decoding: Decoding) {
        let Some(element) = self.open.last() else { return };
        let key = match (element.name, element.key, self.last_text) {
            (_, Some(key), _) => key,
            ("value" | "string", None, Some(name)) => name,
            (name, None, _) => name,
        };
        if self.document.wants(start, end) {
            let spelling = self.spelling((start, end), decoding);
            self.texts.push(self.document.value(spelling, (start, end), Some(key)));
        }
        if matches!(element.name, "name" | "key") {
            self.last_text = self.document.text.get(start..end).map(str::trim);
        }
    }

    fn spelling(&self, (start, end): (usize, usize), decoding: Decoding) -> Spelling {
        let raw = self.document.bytes(start, end);
        super::quoted::decoded(raw, self.document.base + start, |text| {
            if decoding == Decoding::Verbatim {
                return None;
            }
            crate::inventory::escape::entity(text).map(|(value, length)| (Some(value), length))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::inventory::reader::tests::{contexts, found};

    #[test]
    fn entities_have_their_places() {
        let text = "<a><libvirt_uri>&#113;emu+ssh://h/sytem?a=1&amp;b=&#x3b;c</libvirt_uri></a>";
        let found = found("a.xml", text);
        assert_eq!(found[0].uri, "qemu+ssh://h/sytem?a=1&b=;c");
        assert_eq!(found[0].key.as_deref(), Some("libvirt_uri"));
        assert_eq!(found[0].at("qemu"), "&#113;emu");
        assert_eq!(found[0].at("sytem"), "sytem");
        assert_eq!(found[0].at("&b"), "&amp;b");
    }

    #[test]
    fn texts_under_their_names() {
        for (text, expected) in [
            ("<a kvm_uri='esx://h/' b=\"qemu:///x\"/>", vec!["value esx://h/", "value qemu:///x"]),
            ("<entry key=\"libvirt_uri\">esx://h/</entry>", vec!["value esx://h/"]),
            ("<p><name>hypervisor.uri</name>\n<value>esx://h/</value></p>", vec!["value esx://h/"]),
            (
                "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x \"qemu:///x\">]><a>&x;</a>",
                vec!["value qemu:///x"],
            ),
            ("<a><!-- <b>qemu:///x</b> --></a>", vec!["comment qemu:///x"]),
            (
                "<c><![CDATA[virsh -c 'qemu:///x?a=1&amp;b']]></c>",
                vec!["value qemu:///x?a=1&amp;b"],
            ),
            ("<a><b/><uri>qemu:///x</uri><br /></a>", vec!["value qemu:///x"]),
        ] {
            assert_eq!(contexts("a.xml", text), expected, "{text}");
        }
    }
}
