//! Text and where it stands: spans, line and column, and `Shown`, the only
//! text from outside that a report accepts.

mod letters;
mod nearest;
pub(crate) mod object;
mod shown;
mod span;
mod system;
mod veil;

pub(crate) use letters::Letters;
pub(crate) use nearest::nearest;
pub(crate) use shown::{Shown, is_hidden};
pub(crate) use span::{Lines, boundary};
pub use span::{Position, Span};
pub(crate) use system::system_words;
pub(crate) use veil::{MASK, Veil, apart, masked};
