//! Prose in lines of a terminal's width.

/// The words of a text in lines of at most `width` characters; without a width, as
/// they are. A longer word has a line to itself.
pub(crate) fn flow(text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width else { return text.lines().map(str::to_owned).collect() };
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::flow;

    #[test]
    fn words_stay_whole() {
        assert_eq!(flow("a bc def ghijkl m", Some(5)), ["a bc", "def", "ghijkl", "m"]);
        assert_eq!(flow("a  bc\nd", None), ["a  bc", "d"]);
    }
}
