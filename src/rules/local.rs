//! Rules about what was seen on this machine: the local socket, and what was
//! not looked at.

use crate::evidence::{
    Folder, Program, SeenFile, SkipReason, SocketKind, SocketSight, UnixConnect,
};
use crate::finding::{Draft, Drafts};
use crate::rules::Seen;
use crate::text::Span;

/// The local socket, where it is on the way and nobody answers there.
fn failing<'s>(seen: &'s Seen<'_>) -> Option<&'s SocketSight> {
    let socket = seen.evidence.local.as_ref()?.socket.as_ref()?;
    (socket.connect != Some(UnixConnect::Accepted)).then_some(socket)
}

fn error(socket: &SocketSight) -> &str {
    match &socket.connect {
        Some(UnixConnect::Failed(error)) => error,
        _ => "",
    }
}

/// Where the socket is named in the URI, else the whole of it.
fn place(seen: &Seen<'_>) -> Span {
    let socket = seen.plan.used("socket").map(|planned| planned.value_span);
    socket.unwrap_or_else(|| seen.reading.uri.span())
}

fn draft<'d>(
    seen: &Seen<'_>,
    socket: &SocketSight,
    why: &str,
    out: &'d mut Drafts,
) -> &'d mut Draft {
    let path = &socket.path;
    let message = if socket.kind == SocketKind::TooLong {
        format!("Path {path} too long for unix socket: {why}")
    } else {
        format!("Failed to connect socket to '{path}': {why}")
    };
    out.at(place(seen)).fact("path", &socket.path).quote(message, Some(0.0))
}

/// Nothing is in the socket's place.
pub(crate) fn socket_missing(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen).filter(|socket| socket.kind == SocketKind::Missing) else {
        return;
    };
    let others =
        &seen.evidence.local.as_ref().map(|local| local.other_sockets.clone()).unwrap_or_default();
    let other = others
        .iter()
        .find(|other| other.connect == Some(UnixConnect::Accepted) && !other.path.ends_with("-ro"));
    let draft = draft(seen, socket, "No such file or directory", out);
    if seen.plan.used("socket").is_some() {
        draft.variant("given");
        return;
    }
    match other {
        Some(other) => {
            draft.variant("other").fact("other", &other.path).fact("unit", unit_of(&socket.path))
        }
        None if seen.plan.user_session => draft.variant("session"),
        None => draft.fact("unit", unit_of(&socket.path)),
    };
}

/// The systemd unit that listens on a system socket.
pub(super) fn unit_of(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = name.trim_end_matches("-ro").trim_end_matches("-sock");
    match name {
        "libvirt" => "libvirtd.socket".to_owned(),
        modular => format!("{modular}.socket"),
    }
}

/// The user may not open it.
pub(crate) fn socket_not_permitted(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen).filter(|socket| is_denied(socket)) else { return };
    let closed = socket.folders.iter().find(|folder| !folder.searchable);
    let draft = draft(seen, socket, "Permission denied", out);
    match closed {
        Some(Folder { path, owner, group, mode, .. }) => draft
            .variant("folder")
            .fact("folder", path)
            .fact("mode", format!("{mode:04o} {owner}:{group}"))
            .fact("group", group),
        None => draft
            .fact("mode", format!("{:04o} {}:{}", socket.mode, socket.owner, socket.group))
            .fact("group", &socket.group),
    };
    let user =
        seen.reading.machine.user.clone().unwrap_or_else(|| seen.reading.machine.uid.to_string());
    draft.fact("user", user).fact("readonly", read_only_way(seen, socket));
}

/// The command that needs no more than the read-only socket, where that is open.
fn read_only_way(seen: &Seen<'_>, socket: &SocketSight) -> String {
    let twin = format!("{}-ro", socket.path);
    let local = seen.evidence.local.iter();
    let mut others = local.flat_map(|local| &local.other_sockets);
    let is_open = others.any(|one| one.path == twin && one.connect == Some(UnixConnect::Accepted));
    // A command that somebody may paste: only letters that no shell reads.
    let text = String::from_utf8_lossy(seen.reading.uri.text());
    let is_plain = text.chars().all(|one| one.is_ascii_alphanumeric() || "+:/._-".contains(one));
    if is_open && is_plain { format!("virsh -r -c {text}") } else { String::new() }
}

fn is_denied(socket: &SocketSight) -> bool {
    socket.kind == SocketKind::Hidden || error(socket) == "Permission denied"
}

/// The group is granted, but this process began before.
pub(crate) fn socket_group_not_active(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen).filter(|socket| is_denied(socket) && socket.group_not_active)
    else {
        return;
    };
    draft(seen, socket, "Permission denied", out).fact("group", &socket.group);
}

/// Something else is in the socket's place.
pub(crate) fn not_a_socket(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen) else { return };
    let kind = match socket.kind {
        SocketKind::File => "a file",
        SocketKind::Folder => "a folder",
        SocketKind::Other => "no socket",
        SocketKind::Missing
        | SocketKind::Hidden
        | SocketKind::Socket
        | SocketKind::Abstract
        | SocketKind::TooLong => return,
    };
    let why = if error(socket).is_empty() { "Connection refused" } else { error(socket) };
    draft(seen, socket, why, out).fact("kind", kind);
}

/// A socket at which nobody listens.
pub(crate) fn socket_refused(seen: &Seen<'_>, out: &mut Drafts) {
    let refused = |socket: &&SocketSight| {
        socket.kind == SocketKind::Socket && error(socket) == "Connection refused"
    };
    let Some(socket) = failing(seen).filter(refused) else { return };
    draft(seen, socket, "Connection refused", out).fact("unit", unit_of(&socket.path));
}

/// Any other way in which connecting fails.
pub(crate) fn socket_failed(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen) else { return };
    if let Some(UnixConnect::TimedOut) = &socket.connect {
        out.at(place(seen)).variant("silent").fact("path", &socket.path);
    } else {
        let why = error(socket).to_owned();
        draft(seen, socket, &why, out).fact("why", &why);
    }
}

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
