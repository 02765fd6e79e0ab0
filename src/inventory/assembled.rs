//! Connection URIs that a tool puts together from settings of its own.
//!
//! The file holds no URI, only parts of one. Each tool's module reads the settings as
//! the tool does and builds the URI that the tool gives to libvirt. What the tool adds
//! by itself stands nowhere in the file: it points to the setting that is the reason for
//! it, and no fix may touch it.

mod kcli;
mod nova;
mod setting;
mod vagrant;

use std::borrow::Cow;

use crate::text::Span;
use crate::uri::HOLE;

use self::setting::Value;
use super::context::Dialect;
use super::located::{Located, Origin, Piece};

/// A tool that builds connection URIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Vagrant's provider for libvirt, `lib/vagrant-libvirt/config.rb`.
    VagrantLibvirt,
    /// OpenStack's compute service, `nova/virt/libvirt/driver.py`.
    Nova,
    /// kcli, `kvirt/providers/kvm/__init__.py`.
    Kcli,
}

impl Tool {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::VagrantLibvirt => "vagrant-libvirt",
            Self::Nova => "nova",
            Self::Kcli => "kcli",
        }
    }

    /// What is shown for text that the tool adds and that is not known here.
    const fn unknown(self) -> &'static [u8] {
        match self {
            Self::VagrantLibvirt => b"$HOME",
            // The host that a guest moves to.
            Self::Nova => b"%s",
            Self::Kcli => b"...",
        }
    }
}

/// How a URI was put together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Assembly {
    pub(crate) tool: Tool,
    /// What of the URI the tool adds by itself.
    added: Vec<Span>,
}

/// The URIs that tools build from the settings of a text.
pub(super) fn assembled(text: &[u8], dialect: Dialect) -> Vec<Located> {
    let mut found = match dialect.kind {
        "ruby" => vagrant::uris(text),
        "ini" => nova::uris(text),
        "yaml" => kcli::uris(text),
        _ => Vec::new(),
    };
    for located in &mut found {
        located.context = dialect.context(false, b"", 0, 0);
    }
    found
}

/// Puts a URI together.
#[derive(Debug, Default)]
struct Builder {
    text: Vec<u8>,
    pieces: Vec<Piece>,
    added: Vec<Span>,
}

impl Builder {
    /// Text that the tool adds because of the setting at `cause`.
    fn add(&mut self, text: impl AsRef<[u8]>, cause: Span) -> &mut Self {
        let (text, start) = (text.as_ref(), self.text.len());
        if !text.is_empty() {
            self.text.extend_from_slice(text);
            self.added.push(Span::new(start, self.text.len()));
            self.pieces.push(Piece { at: Span::empty(start).start, file: cause, hole: true });
        }
        self
    }

    /// Text that the tool adds and that is not known here.
    fn add_unknown(&mut self, cause: Span) -> &mut Self {
        self.add([HOLE], cause)
    }

    /// The value of a setting.
    fn put(&mut self, value: &Value, file: &[u8]) -> &mut Self {
        self.put_as(value, file, |byte| Cow::Owned(vec![byte]))
    }

    /// The value of a setting, of which the tool writes some bytes as others.
    fn put_as(
        &mut self,
        value: &Value,
        file: &[u8],
        written: impl Fn(u8) -> Cow<'static, [u8]>,
    ) -> &mut Self {
        for run in &value.runs {
            if run.hole {
                let at = Span::empty(self.text.len()).start;
                self.text.push(HOLE);
                self.pieces.push(Piece { at, file: run.file, hole: true });
                continue;
            }
            for (offset, byte) in run.file.of(file).iter().enumerate() {
                let start = run.file.start as usize + offset;
                self.byte(*byte, &written(*byte), Span::new(start, start + 1));
            }
        }
        self
    }

    fn byte(&mut self, byte: u8, written: &[u8], file: Span) {
        let at = Span::empty(self.text.len()).start;
        let same = written == [byte];
        self.text.extend_from_slice(written);
        match self.pieces.last_mut() {
            Some(piece) if same && !piece.hole && piece.file.end == file.start => {
                piece.file.end = file.end;
            }
            _ => self.pieces.push(Piece { at, file, hole: !same }),
        }
    }

    fn done(self, tool: Tool, key: &str) -> Option<Located> {
        let places = self.pieces.iter().map(|piece| piece.file);
        let span = places.reduce(Span::to)?;
        Some(Located {
            text: self.text,
            pieces: self.pieces,
            span,
            context: super::Context::Value,
            key: Some(key.to_owned()),
            origin: Origin::Assembled(Assembly { tool, added: self.added }),
        })
    }
}

impl Assembly {
    /// Where a place of the URI stands in the file: the part of it that is really
    /// there, else the setting that it is there for. Of several parts the first.
    pub(super) fn in_file(&self, located: &Located, place: Span) -> Span {
        let mut parts = self.all_in_file(located, place).into_iter();
        if let Some(first) = parts.next() {
            // A part is in pieces where some of its bytes are written as others.
            return parts.fold(
                first,
                |part, next| {
                    if part.end == next.start { part.to(next) } else { part }
                },
            );
        }
        self.covered(located, place).next().map_or(located.span, |(_, _, file)| file)
    }

    /// All the places in the file of which a place of the URI is made.
    pub(super) fn all_in_file(&self, located: &Located, place: Span) -> Vec<Span> {
        let covered = self.covered(located, place);
        covered.filter(|(_, is_added, _)| !is_added).map(|(_, _, file)| file).collect()
    }

    /// The pieces within a place: the bytes of the URI, whether the tool adds them, and
    /// where they stand.
    fn covered<'l>(
        &'l self,
        located: &'l Located,
        place: Span,
    ) -> impl Iterator<Item = (Span, bool, Span)> + 'l {
        let ends = located.pieces.iter().skip(1).map(|piece| piece.at);
        let end = Span::empty(located.text.len()).end;
        let pieces = located.pieces.iter().zip(ends.chain([end]));
        pieces.filter_map(move |(piece, end)| {
            let own = Span { start: piece.at, end };
            let inside = if place.is_empty() {
                own.contains(place)
            } else {
                own.start < place.end && place.start < own.end
            };
            let is_added = self.added.contains(&own);
            let from = place.start.max(own.start) - own.start;
            let to = place.end.min(own.end).max(own.start) - own.start;
            let file = if piece.hole {
                piece.file
            } else {
                Span { start: piece.file.start + from, end: piece.file.start + to }
            };
            inside.then_some((own, is_added, file))
        })
    }

    /// The URI with the placeholders of the file, and where in it places of the URI are.
    pub(super) fn source(
        &self,
        located: &Located,
        file: &[u8],
        places: &[Span],
    ) -> (Vec<u8>, Vec<Span>) {
        let mut shown = Vec::new();
        // Where each piece begins in the URI and in what is shown.
        let mut starts: Vec<(u32, usize)> = Vec::new();
        for (own, is_added, place) in self.covered(located, Span::new(0, located.text.len())) {
            let text = own.of(&located.text);
            starts.push((own.start, shown.len()));
            shown.extend_from_slice(match (text, is_added) {
                ([HOLE], true) => self.tool.unknown(),
                ([HOLE], false) => place.of(file),
                (text, _) => text,
            });
        }
        starts.push((Span::empty(located.text.len()).end, shown.len()));
        let within = |offset: u32| {
            let index = starts.partition_point(|(start, _)| *start <= offset).max(1) - 1;
            let (start, at) = starts[index];
            at + (offset - start) as usize
        };
        let places = places.iter().map(|place| Span::new(within(place.start), within(place.end)));
        let places = places.collect();
        (shown, places)
    }
}

#[cfg(test)]
mod tests;
