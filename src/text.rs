//! Text and where it stands: spans, line and column, and `Shown`, the only
//! text from outside that a report accepts.

mod nearest;
mod shown;
mod span;
mod system;

pub(crate) use nearest::nearest;
pub(crate) use shown::{Shown, Veil, is_hidden};
pub(crate) use span::{Lines, boundary};
pub use span::{Position, Span};
pub(crate) use system::system_words;
