//! Under which key of a YAML file a line stands: only some hold commands for a shell.

/// Keys whose text a shell reads: of GitHub Actions, GitLab, Travis, Ansible, cloud-init
/// and others.
const SHELL_KEYS: [&str; 15] = [
    "run",
    "script",
    "before_script",
    "after_script",
    "commands",
    "shell",
    "ansible.builtin.shell",
    "ansible.builtin.raw",
    "raw",
    "sh",
    "bash",
    "runcmd",
    "bootcmd",
    "before_install",
    "install",
];

/// How many lines up the key is looked for.
const FURTHEST: usize = 200;

/// Whether a shell reads the line that begins at `start`.
pub(super) fn shell_key(text: &[u8], start: usize) -> bool {
    let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |at| start + at);
    let line = Entry::of(&text[start..end]);
    let mut within = line.indent;
    let mut in_list = line.is_item;
    match line.key {
        // An argument of the key above.
        Some("cmd") => within = line.key_at,
        Some(key) => return SHELL_KEYS.contains(&key),
        None => {}
    }
    let above = text[..start].strip_suffix(b"\n").unwrap_or_default();
    for line in above.rsplit(|byte| *byte == b'\n').take(FURTHEST) {
        let words = line.trim_ascii();
        let entry = Entry::of(line);
        let is_outside =
            entry.key_at < within || in_list && !entry.is_item && entry.indent == within;
        if words.is_empty() || words.starts_with(b"#") || !is_outside {
            continue;
        }
        match entry.key {
            Some("cmd") => {}
            Some(key) => return SHELL_KEYS.contains(&key),
            None => {}
        }
        (within, in_list) = (entry.indent, entry.is_item);
    }
    false
}

/// A line of YAML.
struct Entry<'l> {
    indent: usize,
    /// Whether it begins with a dash.
    is_item: bool,
    key: Option<&'l str>,
    /// How far its key or text is indented, behind the dashes.
    key_at: usize,
}

impl<'l> Entry<'l> {
    fn of(line: &'l [u8]) -> Self {
        let blanks = |text: &[u8]| text.iter().take_while(|byte| **byte == b' ').count();
        let indent = blanks(line);
        let mut key_at = indent;
        while line[key_at..].starts_with(b"- ") {
            key_at += 1 + blanks(&line[key_at + 1..]);
        }
        let rest = &line[key_at..];
        let length = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(byte))
            .count();
        let ends = matches!(rest.get(length..), Some([b':'] | [b':', b' ' | b'\r', ..]));
        let key = (length > 0 && ends).then(|| str::from_utf8(&rest[..length]).ok()).flatten();
        Self { indent, is_item: key_at > indent, key, key_at }
    }
}
