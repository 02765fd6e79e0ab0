//! The colours of the text reports, one name for each meaning.

use std::fmt::Display;

use owo_colors::OwoColorize;

use crate::finding::Severity;

/// A level as its coloured word.
pub(crate) fn severity(level: Severity) -> String {
    let word = level.name();
    match level {
        Severity::Error => word.bright_red().bold().to_string(),
        Severity::Warning => word.yellow().bold().to_string(),
        Severity::Note => word.cyan().bold().to_string(),
    }
}

/// What went well.
pub(crate) fn good(text: impl Display) -> String {
    text.green().to_string()
}

/// What went wrong.
pub(crate) fn bad(text: impl Display) -> String {
    text.bright_red().bold().to_string()
}

/// What needs a look.
pub(crate) fn odd(text: impl Display) -> String {
    text.yellow().to_string()
}

/// What stands back.
pub(crate) fn faint(text: impl Display) -> String {
    text.dimmed().to_string()
}

/// What stands out.
pub(crate) fn strong(text: impl Display) -> String {
    text.bold().to_string()
}
