//! Where a scheme may begin on its line.

use crate::inventory::hole;
use crate::tables::drivers::Driver;

fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_')
}

pub(super) fn word_start(line: &[u8], end: usize) -> usize {
    line[..end].iter().rposition(|byte| !is_scheme_byte(*byte)).map_or(0, |at| at + 1)
}

/// `qemu+{{ transport }}://`: the scheme's own placeholder ends at the colon.
pub(super) fn scheme_with_hole(line: &[u8], colon: usize) -> Option<usize> {
    if !line[colon..].starts_with(b"://")
        || colon == 0
        || is_scheme_byte(line[colon - 1]) && line[colon - 1] != b's'
    {
        return None;
    }
    let from = colon.saturating_sub(100);
    line[from..colon].iter().enumerate().rev().filter(|(_, byte)| **byte == b'+').find_map(
        |(offset, _)| {
            let plus = from + offset;
            let begin = word_start(line, plus);
            (hole::end(line, plus + 1) == Some(colon)
                && Driver::named(&line[begin..plus]).is_some())
            .then_some(begin)
        },
    )
}

/// Whether a scheme may begin here: not in the middle of a word or a path.
pub(super) fn has_left_edge(line: &[u8], begin: usize) -> bool {
    let Some(before) = begin.checked_sub(1).map(|at| line[at]) else { return true };
    !(before.is_ascii_alphanumeric()
        || matches!(before, b'_' | b'-' | b'.' | b'/' | b'%' | b'+' | b'\\' | b'@'))
        || is_escape_before(line, begin)
}

/// `\n`, `\t` in a string literal stand before a word without being part of it.
fn is_escape_before(line: &[u8], begin: usize) -> bool {
    begin >= 2 && line[begin - 2] == b'\\' && matches!(line[begin - 1], b'n' | b't' | b'r')
}
