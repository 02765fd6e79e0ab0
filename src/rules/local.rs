//! Rules about what was seen on this machine: the local socket, programs, and what was
//! not looked at.

mod denied;
mod place;
mod socket;
mod user_daemon;

pub(crate) use denied::{socket_closed_beside_mode, socket_group_not_active, socket_not_permitted};
pub(crate) use place::{
    container_group_unknown, container_socket_stale, container_without_socket,
    sandbox_without_socket, wsl_without_systemd,
};
pub(crate) use socket::{
    not_a_socket, socket_failed, socket_missing, socket_refused, two_kinds_of_daemons,
};
pub(crate) use user_daemon::{runtime_folder_unusable, user_daemon_missing};

use crate::evidence::{Program, SeenFile, SkipReason};
use crate::finding::Drafts;
use crate::rules::Seen;

/// There is no program of the name that `command` gives.
pub(crate) fn program_missing(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(program) = missing_program(seen) else { return };
    let Some(command) = seen.plan.used("command") else { return };
    out.at(command.value_span)
        .fact("program", &program.name)
        .quote(cannot_run(&program.name), Some(0.0));
}

/// The program that the client would run and that is not there.
pub(super) fn missing_program<'s>(seen: &'s Seen<'_>) -> Option<&'s Program> {
    let program = seen.evidence.local.as_ref()?.program.as_ref()?;
    program.path.is_none().then_some(program)
}

/// What the client prints then: a name is looked up by it, a path only by its child.
pub(super) fn cannot_run(program: &str) -> String {
    if program.starts_with('/') {
        format!(
            "Cannot recv data: libvirt:  error : cannot execute binary {program}: No such file or directory: Connection reset by peer"
        )
    } else {
        format!("Cannot find '{program}' in path: No such file or directory")
    }
}

/// The file in which the test driver's guests are described.
pub(crate) fn test_file_missing(seen: &Seen<'_>, out: &mut Drafts) {
    let mut files = seen.evidence.local.iter().flat_map(|local| &local.files);
    let Some(file) = files.find(|file| file.what == SeenFile::TEST_GUESTS && !file.suffices())
    else {
        return;
    };
    let message = if file.is_folder {
        format!("{}:1: Document is empty\n(null)\n^", file.path)
    } else {
        format!("XML error: failed to parse xml document '{}'", file.path)
    };
    let span = seen.reading.uri.path_span();
    let draft = out.at(span).fact("path", &file.path).quote(message, Some(0.0));
    if file.is_folder {
        draft.variant("folder");
    } else if file.exists {
        draft.variant("unreadable");
    }
}

/// What the URI names was not run, because nobody vouched for it.
pub(crate) fn command_not_run(seen: &Seen<'_>, out: &mut Drafts) {
    for skipped in &seen.evidence.skipped {
        if let SkipReason::NotAllowed { parameter } = &skipped.why {
            let planned = seen
                .plan
                .parameters
                .iter()
                .rev()
                .find(|planned| planned.name.eq_ignore_ascii_case(parameter.as_bytes()));
            let span =
                planned.map_or_else(|| seen.reading.uri.span(), |planned| planned.value_span);
            let value = planned.map(|planned| planned.value.clone()).unwrap_or_default();
            out.at(span).fact("parameter", parameter).fact("value", value);
            return;
        }
    }
}

/// The whole run was out of time.
pub(crate) fn out_of_time(seen: &Seen<'_>, out: &mut Drafts) {
    if let Some(hop) = seen.evidence.unfinished {
        out.at(seen.reading.uri.span()).fact("hop", hop.name());
    }
}
