//! Where a scheme may begin on its line.

use crate::inventory::hole::Holes;
use crate::tables::drivers::Driver;

pub(super) fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_')
}

pub(super) fn word_start(line: &[u8], end: usize) -> usize {
    line[..end].iter().rposition(|byte| !is_scheme_byte(*byte)).map_or(0, |at| at + 1)
}

/// How long the placeholder of a scheme may be, in bytes.
const LONGEST_HOLE: usize = 100;

/// `qemu+{{ transport }}://`: the scheme's own placeholder ends at the colon.
pub(super) fn scheme_with_hole(line: &[u8], colon: usize) -> Option<usize> {
    if !line[colon..].starts_with(b"://")
        || colon == 0
        || is_scheme_byte(line[colon - 1]) && line[colon - 1] != b's'
    {
        return None;
    }
    let from = colon.saturating_sub(LONGEST_HOLE);
    line[from..colon].iter().enumerate().rev().filter(|(_, byte)| **byte == b'+').find_map(
        |(offset, _)| {
            let plus = from + offset;
            if Holes::new(&line[..=colon]).end(plus + 1) != Some(colon) {
                return None;
            }
            let begin = word_start(line, plus);
            Driver::named(&line[begin..plus]).is_some().then_some(begin)
        },
    )
}

/// `${NAME:-qemu:///system}`, `${NAME-qemu:///system}`: the word that begins at
/// `begin` has the shell's own characters before it.
pub(super) fn default_start(line: &[u8], begin: usize) -> usize {
    let word = &line[begin..];
    match word.first() {
        Some(b'-') if line[..begin].ends_with(b":") && default_of(&line[..=begin]).is_some() => {
            begin + 1
        }
        _ if line[..begin].ends_with(b"${") => {
            let name = word.iter().take_while(|byte| is_name_byte(**byte)).count();
            if word.get(name) == Some(&b'-') { begin + name + 1 } else { begin }
        }
        _ => begin,
    }
}

/// The name of the variable whose default follows: `${NAME:-`, `${NAME:=`, `${NAME-`.
pub(super) fn default_of(before: &[u8]) -> Option<&[u8]> {
    let rest = before.strip_suffix(b"-").or(before.strip_suffix(b":="))?;
    let rest = rest.strip_suffix(b":").unwrap_or(rest);
    let name = rest.iter().rev().take_while(|byte| is_name_byte(**byte)).count();
    let (opened, name) = rest.split_at(rest.len() - name);
    (opened.ends_with(b"${") && !name.is_empty()).then_some(name)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a scheme may begin here: not in the middle of a word or a path.
pub(super) fn has_left_edge(line: &[u8], begin: usize) -> bool {
    let Some(before) = begin.checked_sub(1).map(|at| line[at]) else { return true };
    !(before.is_ascii_alphanumeric()
        || matches!(before, b'_' | b'-' | b'.' | b'/' | b'%' | b'+' | b'\\' | b'@'))
        || is_escape_before(line, begin)
        || default_of(&line[..begin]).is_some()
}

/// `\n`, `\t` in a string literal stand before a word without being part of it.
fn is_escape_before(line: &[u8], begin: usize) -> bool {
    begin >= 2 && line[begin - 2] == b'\\' && matches!(line[begin - 1], b'n' | b't' | b'r')
}
