//! Code blocks of Markdown: what stands in them is code, all else is prose.

use super::Inner;
use crate::inventory::context::{Context, Dialect};

#[derive(Default)]
pub(in crate::inventory) struct Fences {
    open: Option<(Fence, Inner)>,
}

/// Three marks or more.
#[derive(Clone, Copy)]
struct Fence {
    mark: u8,
    length: usize,
}

impl Fences {
    pub(super) fn see(&mut self, line: &[u8]) -> Option<&Inner> {
        let trimmed = line.trim_ascii();
        let fence = Fence::beginning(trimmed);
        match (&self.open, fence) {
            (Some((open, _)), Some(fence))
                if fence.mark == open.mark
                    && fence.length >= open.length
                    && trimmed.len() == fence.length =>
            {
                self.open = None;
                return None;
            }
            (None, Some(fence)) => {
                let words = &trimmed[fence.length..];
                // `` ```a``` `` on a line is code within a sentence.
                if fence.mark == b'~' || !words.contains(&b'`') {
                    self.open = Some((fence, inner(words)));
                }
                return None;
            }
            _ => {}
        }
        self.open.as_ref().map(|(_, inner)| inner)
    }
}

impl Fence {
    fn beginning(line: &[u8]) -> Option<Self> {
        let mark = *line.first().filter(|byte| matches!(byte, b'`' | b'~'))?;
        let length = line.iter().take_while(|byte| **byte == mark).count();
        (length >= 3).then_some(Self { mark, length })
    }
}

/// By the first word behind the fence, as in `yaml` or `{.yaml}`.
fn inner(words: &[u8]) -> Inner {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let from = words.iter().position(is_name).unwrap_or(words.len());
    let name = &words[from..];
    let name = &name[..name.iter().take_while(|byte| is_name(byte)).count()];
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    Inner { dialect: Dialect::of_language(&name), context: Context::Code, key: None }
}
