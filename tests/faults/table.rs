//! The table of the lab: what virsh says and what we say, side by side.

use std::fmt::Write as _;

use crate::scene::Row;

/// How much of virsh's words a row shows.
const WORDS: usize = 60;

pub(crate) fn of(rows: &mut [Row]) -> String {
    rows.sort_by(|one, other| one.name.cmp(&other.name));
    let name = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let cause = rows.iter().map(|row| row.cause.len()).max().unwrap_or(0);
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{:name$}  {:>6}  {:cause$}  {:>6}  {:5}  virsh says",
        "fault", "virsh", "our cause", "ours", ""
    );
    for row in &*rows {
        let words = row.virsh.lines().collect::<Vec<_>>().join(" ");
        let words: String = words.chars().take(WORDS).collect();
        let right = if row.wrong.is_empty() { "right" } else { "WRONG" };
        let shown = if row.cause.is_empty() { "-" } else { &row.cause };
        let _ = writeln!(
            text,
            "{:name$}  {:>5.1}s  {:cause$}  {:>5.1}s  {right}  {words}",
            row.name, row.virsh_seconds, shown, row.seconds
        );
    }
    for row in rows.iter().filter(|row| !row.at_first.is_empty()) {
        let wrong: Vec<&str> = row.at_first.iter().filter_map(|what| what.lines().next()).collect();
        let _ = writeln!(text, "{} was played twice, at first: {}", row.name, wrong.join("; "));
    }
    let right = rows.iter().filter(|row| row.wrong.is_empty()).count();
    let _ = writeln!(text, "{right} of {} right", rows.len());
    text
}
