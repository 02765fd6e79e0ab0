//! A finding a line: `file:line:column: level[rule]: message`.

use std::io::{self, Write};

use super::Placed;
use crate::text::Shown;

pub(crate) fn write(findings: &[Placed], out: &mut dyn Write) -> io::Result<()> {
    for placed in findings {
        let finding = &placed.finding;
        let place = placed.file.as_deref().map_or_else(|| placed.uri.clone(), Shown::path);
        writeln!(
            out,
            "{place}:{}:{}: {}[{}]: {}",
            placed.start.line,
            placed.start.column,
            finding.severity.name(),
            finding.rule.name(),
            finding.message
        )?;
    }
    Ok(())
}
