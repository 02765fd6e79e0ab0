//! Cuts a large text into parts that can be read each by itself.

use std::ops::Range;

use super::context::Dialect;

/// How long a part is at least, in bytes: so long that to begin one costs nothing beside it,
/// so short that it and what is found in it stay close to the processor.
const LENGTH: usize = 1 << 17;

/// The parts of a text, in order and without gaps. Each ends with a line; a text in which
/// a line may say what the next ones are is one part.
pub(crate) fn parts(text: &[u8], dialect: Dialect) -> Vec<Range<usize>> {
    let mut parts = Vec::with_capacity(text.len() / LENGTH + 1);
    let mut start = 0;
    while text.len() - start > LENGTH && (start > 0 || lines_stand_alone(text, dialect)) {
        let from = start + LENGTH;
        let Some(feed) = memchr::memchr(b'\n', &text[from..]) else { break };
        parts.push(start..from + feed + 1);
        start = from + feed + 1;
    }
    if start < text.len() || parts.is_empty() {
        parts.push(start..text.len());
    }
    parts
}

/// Whether nothing is open over the end of any line: no comment, no block of code.
fn lines_stand_alone(text: &[u8], dialect: Dialect) -> bool {
    let has = |mark: &[u8]| memchr::memmem::find(text, mark).is_some();
    let has_fences = dialect.kind == "prose" && (has(b"```") || has(b"~~~"));
    !has_fences && !dialect.block.is_some_and(|block| has(block.open))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::inventory::scan;

    fn parts_of(name: &str, text: &str) -> Vec<Range<usize>> {
        parts(text.as_bytes(), Dialect::of(Path::new(name)))
    }

    #[test]
    fn parts_are_whole_lines() {
        let text = "- uri: \"qemu:///system\"\n".repeat(200_000) + "end";
        let parts = parts_of("a.yml", &text);
        assert!(parts.len() >= 4, "{}", parts.len());
        let mut end = 0;
        for part in &parts {
            assert_eq!(part.start, end);
            assert!(part.start == 0 || text.as_bytes()[part.start - 1] == b'\n');
            end = part.end;
        }
        assert_eq!(end, text.len());
        let one_line = "x".repeat(3 * LENGTH);
        assert_eq!(parts_of("a.yml", &one_line).len(), 1);
        assert_eq!(parts_of("a.yml", ""), vec![Range { start: 0, end: 0 }]);
        let exact = "x".repeat(LENGTH) + "\n";
        assert_eq!(parts_of("a.yml", &exact).len(), 1);
    }

    #[test]
    fn what_is_open_over_lines_is_not_cut() {
        let lines = "a: qemu:///system\n".repeat(200_000);
        for (name, mark) in [("a.go", "/*"), ("a.md", "```"), ("a.xml", "<!--"), ("a.rb", "=begin")]
        {
            assert!(parts_of(name, &lines).len() > 1, "{name}");
            assert_eq!(parts_of(name, &format!("{lines}{mark}")).len(), 1, "{name}");
        }
    }

    #[test]
    fn parts_hold_what_the_whole_holds() {
        let line =
            "# qemu:///a\n- libvirt_uri: \"qemu+ssh://{{ h }}/system\" # é\nkvm_uri: \"{{ u }}\"\n";
        let text = line.repeat(40_000);
        for name in ["a.yml", "a.json", "a.txt", "a.go", "a.xml", "a.sh"] {
            let dialect = Dialect::of(Path::new(name));
            let whole = scan(text.as_bytes(), dialect);
            let (mut found, mut holes) = (Vec::new(), 0);
            for part in parts_of(name, &text) {
                let scan = scan(&text.as_bytes()[part.clone()], dialect);
                let place = |span: crate::text::Span| span.start as usize + part.start;
                found.extend(scan.found.into_iter().map(|one| (place(one.span), one.context)));
                holes += scan.holes;
            }
            let expected = whole.found.iter().map(|one| (one.span.start as usize, one.context));
            assert_eq!(found, expected.collect::<Vec<_>>(), "{name}");
            assert_eq!(holes, whole.holes, "{name}");
        }
    }
}
