//! Mistakes of a byte or two.

use crate::chance::Chance;

/// Bytes that mean something in a URI, or are refused in some part of it.
const TELLING: &[u8] =
    b"%%&;=?#/:@[]+ \"'\\^`{|}<>0123456789abcfxAF.-_~!$()*,\t\n\r\x01\x1a\x7f\x80\xff";

/// The text with one to three mistakes in it.
pub(crate) fn mutate(mut text: Vec<u8>, chance: &mut Chance) -> Vec<u8> {
    for _ in 0..chance.pick(&[1, 1, 1, 2, 3]) {
        let at = chance.below(text.len() + 1);
        let byte = if chance.percent(85) { chance.pick(TELLING) } else { any(chance) };
        let within = at < text.len();
        match chance.below(5) {
            0 if within => drop(text.remove(at)),
            1 if within => text[at] = byte,
            2 if within => {
                let end = (at + 1 + chance.below(6)).min(text.len());
                let piece = text[at..end].to_vec();
                text.splice(at..at, piece);
            }
            3 if at + 1 < text.len() => text.swap(at, at + 1),
            _ => text.insert(at, byte),
        }
    }
    text
}

/// Any byte that can be within an argument.
fn any(chance: &mut Chance) -> u8 {
    u8::try_from(1 + chance.below(255)).unwrap()
}
