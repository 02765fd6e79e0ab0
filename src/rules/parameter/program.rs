//! `command` and `netcat`: one program each, and not every program will do.

use crate::finding::Drafts;
use crate::plan::{Effect, Planned};
use crate::rules::Reading;

fn used<'a>(reading: &Reading<'a>, name: &'static str) -> impl Iterator<Item = &'a Planned> {
    let is_remote = reading.plan.transport.is_some();
    reading.given(name).filter(move |planned| is_remote && planned.effect == Effect::Used)
}

fn has_blank(planned: &Planned) -> bool {
    planned.value.iter().any(|byte| matches!(byte, b' ' | b'\t'))
}

/// Whether what follows a blank is an argument. A folder may have a blank in its
/// name: then its path goes on behind it.
fn has_arguments(command: &[u8]) -> bool {
    let mut words = command.split(|byte| matches!(byte, b' ' | b'\t'));
    let begins_in_folder = words.next().is_some_and(|program| program.contains(&b'/'));
    let mut goes_on = false;
    for word in words {
        if word.starts_with(b"-") || word.starts_with(b"/") {
            return true;
        }
        goes_on = word.contains(&b'/');
    }
    !(begins_in_folder && goes_on)
}

/// `command` with arguments: libvirt does not split it.
pub(crate) fn command_with_arguments(reading: &Reading<'_>, out: &mut Drafts) {
    let is_split = |planned: &&Planned| has_blank(planned) && has_arguments(&planned.value);
    for planned in used(reading, "command").filter(is_split) {
        out.at(planned.value_span).fact("value", planned.value.as_slice());
    }
}

/// `netcat` with arguments: the remote shell gets it as one word.
pub(crate) fn netcat_with_arguments(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in used(reading, "netcat").filter(|planned| has_blank(planned)) {
        out.at(planned.value_span).fact("value", planned.value.as_slice());
    }
}

/// `ssh+-v`: in libvirt a `+` is a `+`.
pub(crate) fn plus_for_blank(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in used(reading, "command").chain(used(reading, "netcat")) {
        let raw = reading.text(planned.value_span);
        if !has_blank(planned) && memchr::memmem::find(raw, b"+-").is_some() {
            out.at(planned.value_span)
                .fact("name", planned.name.to_ascii_lowercase())
                .fact("value", planned.value.as_slice());
        }
    }
}

/// Programs that take no `-U`, by the last part of their path.
const WITHOUT_UNIX: [&str; 8] = [
    "socat",
    "nc.traditional",
    "netcat.traditional",
    "netcat-traditional",
    "gnetcat",
    "busybox",
    "telnet",
    "nc6",
];

/// `netcat` names a program that libvirt cannot use as one.
pub(crate) fn netcat_without_unix_sockets(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in used(reading, "netcat") {
        let program = planned.value.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if WITHOUT_UNIX.iter().any(|known| known.as_bytes() == program) {
            out.at(planned.value_span).fact("program", program);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_may_have_a_blank_in_its_name() {
        for command in ["ssh -v", "/usr/bin/ssh -i /k", "/usr/bin/ssh x", "sudo /usr/bin/ssh"] {
            assert!(has_arguments(command.as_bytes()), "{command}");
        }
        for command in ["/opt/my tools/ssh", "/opt/my own tools/bin/ssh"] {
            assert!(!has_arguments(command.as_bytes()), "{command}");
        }
        assert!(has_arguments(b"/opt/my tools/ssh -v"));
    }
}
