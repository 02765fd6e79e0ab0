//! The only place that opens standard output, standard error, and the files of a report.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};

/// Whether output is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR or CLICOLOR say otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// The choice for anstream, which itself heeds NO_COLOR, CLICOLOR and
    /// CLICOLOR_FORCE, but not FORCE_COLOR.
    pub(crate) fn choice(self) -> ColorChoice {
        match self {
            Self::Always => ColorChoice::Always,
            Self::Never => ColorChoice::Never,
            Self::Auto => {
                let set =
                    |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                let forced = std::env::var_os("FORCE_COLOR")
                    .is_some_and(|value| !value.is_empty() && value != "0");
                if forced && !set("NO_COLOR") { ColorChoice::Always } else { ColorChoice::Auto }
            }
        }
    }
}

/// Standard output, buffered.
pub(crate) fn stdout(color: Color) -> io::BufWriter<AutoStream<io::StdoutLock<'static>>> {
    io::BufWriter::with_capacity(64 * 1024, AutoStream::new(io::stdout().lock(), color.choice()))
}

/// Standard output for a program to read: no colour is in it, none need be taken out.
pub(crate) fn uncoloured_stdout() -> io::BufWriter<io::StdoutLock<'static>> {
    io::BufWriter::with_capacity(64 * 1024, io::stdout().lock())
}

/// Standard error, buffered: for a report where standard output is taken.
pub(crate) fn stderr(color: Color) -> io::BufWriter<AutoStream<io::StderrLock<'static>>> {
    io::BufWriter::with_capacity(64 * 1024, AutoStream::new(io::stderr().lock(), color.choice()))
}

/// A report beside standard output: never coloured.
pub(crate) fn file(path: &Path) -> io::Result<io::BufWriter<AutoStream<File>>> {
    Ok(io::BufWriter::with_capacity(64 * 1024, AutoStream::never(File::create(path)?)))
}

/// A filter's output: the reader's own text, byte for byte.
pub(crate) fn pass_through(text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()
}

/// What a text report may do with standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Screen {
    /// For renderers that colour by themselves.
    pub(crate) coloured: bool,
    /// The columns of a terminal; none where the output goes elsewhere and lines are
    /// better left whole.
    pub(crate) width: Option<usize>,
}

impl Screen {
    /// A file.
    pub(crate) const PAPER: Self = Self { coloured: false, width: None };

    pub(crate) fn of_stdout(color: Color) -> Self {
        let coloured =
            AutoStream::new(io::stdout(), color.choice()).current_choice() != ColorChoice::Never;
        let width = terminal_size::terminal_size().filter(|_| io::stdout().is_terminal());
        let width = width.map(|(width, _)| usize::from(width.0).max(NARROWEST));
        Self { coloured, width }
    }
}

/// Below this, wrapping makes nothing more readable.
const NARROWEST: usize = 40;

/// A line on standard error. That it cannot be written is nobody's problem.
pub(crate) fn complain(color: Color, text: &str) {
    let mut stream = AutoStream::new(io::stderr().lock(), color.choice());
    let _ = writeln!(stream, "{text}");
}
