//! libvirt.conf, in libvirt's own grammar.
//!
//! Source: `src/util/virconf.c` of libvirt 11.3.0, its quirks included: no
//! comment within a list, no escapes in strings, the first of two equal keys
//! counts, and trailing blanks before the first statement are an error.

use bstr::{BStr, ByteSlice};

use crate::text::Span;

/// A libvirt.conf that libvirt could read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LibvirtConf {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    key: Vec<u8>,
    value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Number,
    Text(Text),
    List(Vec<Value>),
}

/// A string and where it stands, without its quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Text {
    text: Vec<u8>,
    span: Span,
}

/// Why libvirt refuses the file. With it every connection fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfError {
    /// The line that libvirt names; none where it names the file only.
    pub line: Option<u32>,
    /// What is wrong.
    pub kind: ConfErrorKind,
}

/// What is wrong with a libvirt.conf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfErrorKind {
    /// A syntax error, in libvirt's words.
    Syntax(&'static str),
    /// An integer over 64 bits.
    Overflow,
    /// A string was expected for this key.
    NotAString(&'static str),
    /// A list of strings was expected for this key.
    NotAStringList(&'static str),
    /// As before, but it is a list with something else in it.
    ListOfOthers(&'static str),
}

/// An entry of `uri_aliases` that breaks every connection not resolved before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalformedAlias {
    /// The entry as written.
    pub entry: Vec<u8>,
    /// Whether there is no `=`; else its name has a character it may not have.
    pub no_equals: bool,
}

impl Default for &LibvirtConf {
    /// No settings at all.
    fn default() -> Self {
        const { &LibvirtConf { entries: Vec::new() } }
    }
}

impl LibvirtConf {
    /// Reads the file's text.
    ///
    /// # Errors
    /// Where libvirt itself refuses it.
    pub fn parse(text: &[u8]) -> Result<Self, ConfError> {
        let mut reader = Reader { text, at: 0, line: 1 };
        let mut conf = Self::default();
        while reader.at < text.len() {
            if let Some(entry) = reader.statement()? {
                conf.entries.push(entry);
            }
            reader.separator()?;
        }
        Ok(conf)
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|entry| entry.key == key.as_bytes()).map(|entry| &entry.value)
    }

    /// The string under `key`, with its place.
    ///
    /// # Errors
    /// If another kind of value stands there.
    pub fn string(&self, key: &'static str) -> Result<Option<(&BStr, Span)>, ConfError> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Text(Text { text, span })) => Ok(Some((text.as_bstr(), *span))),
            Some(_) => Err(ConfError { line: None, kind: ConfErrorKind::NotAString(key) }),
        }
    }

    /// The strings of `uri_aliases`, with their places.
    ///
    /// # Errors
    /// If another kind of value stands there.
    pub fn alias_entries(&self) -> Result<Vec<(&BStr, Span)>, ConfError> {
        Ok(self.aliases()?.map(|Text { text, span }| (text.as_bstr(), *span)).collect())
    }

    fn aliases(&self) -> Result<impl Iterator<Item = &Text>, ConfError> {
        let key = "uri_aliases";
        let wrong = |kind| ConfError { line: None, kind };
        let values = match self.value(key) {
            None => &[][..],
            Some(Value::List(values)) => values,
            Some(_) => return Err(wrong(ConfErrorKind::NotAStringList(key))),
        };
        if !values.iter().all(|value| matches!(value, Value::Text(_))) {
            return Err(wrong(ConfErrorKind::ListOfOthers(key)));
        }
        Ok(values.iter().filter_map(|value| match value {
            Value::Text(text) => Some(text),
            _ => None,
        }))
    }

    /// What `word` stands for, if it is an alias. Entries are looked at in
    /// their order, up to the match.
    ///
    /// # Errors
    /// A malformed entry before the match.
    pub fn resolve_alias<'c>(&'c self, word: &[u8]) -> Result<Option<&'c BStr>, AliasError> {
        for Text { text: entry, .. } in self.aliases()? {
            let entry = entry.as_bstr();
            let name = alias_name(entry)?;
            if name == word {
                return Ok(Some(entry[name.len() + 1..].as_bstr()));
            }
        }
        Ok(None)
    }

    /// The names of all well-formed aliases.
    #[must_use]
    pub fn alias_names(&self) -> Vec<&BStr> {
        let entries = self.alias_entries().unwrap_or_default();
        entries
            .into_iter()
            .filter_map(|(entry, _)| alias_name(entry).ok().map(ByteSlice::as_bstr))
            .collect()
    }
}

/// Why no alias could be looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AliasError {
    /// `uri_aliases` is no list of strings.
    Conf(ConfError),
    /// One of its entries is no `name=uri`.
    Malformed(MalformedAlias),
}

impl From<ConfError> for AliasError {
    fn from(error: ConfError) -> Self {
        Self::Conf(error)
    }
}

fn alias_name(entry: &BStr) -> Result<&[u8], AliasError> {
    let malformed =
        |no_equals| AliasError::Malformed(MalformedAlias { entry: entry.to_vec(), no_equals });
    let equals = memchr::memchr(b'=', entry).ok_or_else(|| malformed(true))?;
    let name = &entry[..equals];
    let legal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if name.iter().all(legal) { Ok(name) } else { Err(malformed(false)) }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    line: u32,
}

impl Reader<'_> {
    /// The byte here; NUL at the end, as in C.
    fn here(&self) -> u8 {
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn error(&self, what: &'static str) -> ConfError {
        ConfError { line: Some(self.line), kind: ConfErrorKind::Syntax(what) }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.here(), b' ' | b'\t') {
            self.at += 1;
        }
    }

    fn skip_blanks_and_lines(&mut self) {
        while matches!(self.here(), b' ' | b'\t' | b'\n' | b'\r') {
            self.line += u32::from(self.here() == b'\n');
            self.at += 1;
        }
    }

    fn skip_line(&mut self) {
        while self.at < self.text.len() && !matches!(self.here(), b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn statement(&mut self) -> Result<Option<Entry>, ConfError> {
        self.skip_blanks_and_lines();
        if self.here() == b'#' {
            self.skip_line();
            return Ok(None);
        }
        let start = self.at;
        if !self.here().is_ascii_alphabetic() {
            return Err(self.error("expecting a name"));
        }
        while self.here().is_ascii_alphanumeric() || self.here() == b'_' {
            self.at += 1;
        }
        let key = self.text[start..self.at].to_vec();
        self.skip_blanks();
        if self.here() != b'=' {
            return Err(self.error("expecting an assignment"));
        }
        self.at += 1;
        let value = self.value(0)?;
        self.skip_blanks();
        if self.here() == b'#' {
            self.skip_line();
        }
        Ok(Some(Entry { key, value }))
    }

    fn separator(&mut self) -> Result<(), ConfError> {
        self.skip_blanks();
        match self.here() {
            _ if self.at >= self.text.len() => Ok(()),
            b';' => {
                self.at += 1;
                self.skip_blanks_and_lines();
                Ok(())
            }
            b'\n' | b'\r' => {
                self.skip_blanks_and_lines();
                Ok(())
            }
            _ => Err(self.error("expecting a separator")),
        }
    }

    fn value(&mut self, depth: u8) -> Result<Value, ConfError> {
        self.skip_blanks();
        match self.here() {
            b'"' | b'\'' => self.string().map(Value::Text),
            b'[' => self.list(depth),
            b'-' | b'+' | b'0'..=b'9' => self.number(),
            _ => Err(self.error("expecting a value")),
        }
    }

    fn list(&mut self, depth: u8) -> Result<Value, ConfError> {
        self.at += 1;
        let mut values = Vec::new();
        self.skip_blanks_and_lines();
        while self.at < self.text.len() && self.here() != b']' {
            if !values.is_empty() {
                if self.here() != b',' {
                    return Err(self.error("expecting a separator in list"));
                }
                self.at += 1;
                self.skip_blanks_and_lines();
                if self.here() == b']' {
                    break;
                }
            }
            // libvirt nests without a limit, down to the end of its stack.
            if depth == 64 {
                return Err(self.error("expecting a value"));
            }
            values.push(self.value(depth + 1)?);
            self.skip_blanks_and_lines();
        }
        if self.here() != b']' {
            return Err(self.error("list is not closed with ]"));
        }
        self.at += 1;
        Ok(Value::List(values))
    }

    fn string(&mut self) -> Result<Text, ConfError> {
        let rest = &self.text[self.at..];
        if rest.starts_with(b"\"\"\"") && rest.len() > 6 {
            return self.long_string();
        }
        let quote = self.here();
        let start = self.at + 1;
        self.at = start;
        while self.at < self.text.len()
            && !matches!(self.here(), b'\n' | b'\r')
            && self.here() != quote
        {
            self.at += 1;
        }
        if self.here() != quote {
            return Err(self.error("unterminated string"));
        }
        self.at += 1;
        Ok(self.text_at(start, self.at - 1))
    }

    fn long_string(&mut self) -> Result<Text, ConfError> {
        let start = self.at + 3;
        let Some(length) = self.text[start..].find(b"\"\"\"") else {
            let lines = memchr::memchr_iter(b'\n', &self.text[start..]).count();
            self.line += u32::try_from(lines).unwrap_or(u32::MAX);
            return Err(self.error("unterminated string"));
        };
        let end = start + length;
        let lines = memchr::memchr_iter(b'\n', &self.text[start..end]).count();
        self.line += u32::try_from(lines).unwrap_or(u32::MAX);
        self.at = end + 3;
        Ok(self.text_at(start, end))
    }

    fn text_at(&self, start: usize, end: usize) -> Text {
        Text { text: self.text[start..end].to_vec(), span: Span::new(start, end) }
    }

    fn number(&mut self) -> Result<Value, ConfError> {
        if matches!(self.here(), b'-' | b'+') {
            self.at += 1;
        }
        let start = self.at;
        while self.here().is_ascii_digit() {
            self.at += 1;
        }
        let digits = &self.text[start..self.at];
        if digits.is_empty() {
            return Err(self.error("unterminated number"));
        }
        let fits = digits.iter().try_fold(0i64, |value, digit| {
            value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))
        });
        match fits {
            Some(_) => Ok(Value::Number),
            None => Err(ConfError { line: Some(self.line), kind: ConfErrorKind::Overflow }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> (Option<u32>, ConfErrorKind) {
        let error = LibvirtConf::parse(text.as_bytes()).unwrap_err();
        (error.line, error.kind)
    }

    #[test]
    fn reads_what_people_write() {
        let conf = LibvirtConf::parse(
            b"# c\nuri_aliases = [\n  \"a=qemu:///system\",\n  'b=qemu+ssh://b/system',\n]\n\nuri_default = \"a\" # d\nx=1; y=-2\nz=\"\"\"q\n\"r\"\"\"\n",
        );
        let conf = conf.unwrap();
        assert_eq!(conf.alias_names(), ["a", "b"]);
        assert_eq!(conf.resolve_alias(b"b").unwrap().unwrap(), "qemu+ssh://b/system");
        assert_eq!(conf.resolve_alias(b"c").unwrap(), None);
        assert_eq!(conf.string("uri_default").unwrap().unwrap().0, "a");
        assert_eq!(conf.string("x").unwrap_err().kind, ConfErrorKind::NotAString("x"));
        assert!(LibvirtConf::parse(b"").is_ok());
    }

    #[test]
    fn refuses_what_libvirt_refuses_in_its_words() {
        for (text, line, what) in [
            ("uri_default = qemu:///system\n", 1, "expecting a value"),
            ("\nuri_default \"x\"\n", 2, "expecting an assignment"),
            ("uri_aliases = [\n\"a=b\"\n\n", 4, "list is not closed with ]"),
            ("uri_aliases = [\n\"a=b\" \"c=d\" ]\n", 2, "expecting a separator in list"),
            ("uri_aliases = [ # c\n]\n", 1, "expecting a value"),
            ("a = \"x\n", 1, "unterminated string"),
            ("a = 'x' b\n", 1, "expecting a separator"),
            ("a = -\n", 1, "unterminated number"),
            ("\n", 2, "expecting a name"),
        ] {
            assert_eq!(error(text), (Some(line), ConfErrorKind::Syntax(what)), "{text:?}");
        }
        assert_eq!(error("a = 99999999999999999999\n"), (Some(1), ConfErrorKind::Overflow));
        assert!(
            LibvirtConf::parse("a = ".bytes().chain([b'['; 9999]).collect::<Vec<_>>().as_slice())
                .is_err()
        );
        let nested = LibvirtConf::parse(b"uri_aliases = [['a']]").unwrap();
        assert_eq!(
            nested.alias_entries().unwrap_err().kind,
            ConfErrorKind::ListOfOthers("uri_aliases")
        );
    }

    #[test]
    fn an_alias_before_the_match_must_be_well_formed() {
        let conf = LibvirtConf::parse(b"uri_aliases = ['a=1', 'b.c=2', 'd=3', 'e']").unwrap();
        assert_eq!(conf.resolve_alias(b"a").unwrap().unwrap(), "1");
        for (word, entry, no_equals) in
            [(&b"d"[..], &b"b.c=2"[..], false), (b"qemu:///system", b"b.c=2", false)]
        {
            let malformed = MalformedAlias { entry: entry.to_vec(), no_equals };
            assert_eq!(conf.resolve_alias(word).unwrap_err(), AliasError::Malformed(malformed));
        }
        assert_eq!(conf.alias_names(), ["a", "d"]);
    }
}
