//! The program, the end of it, and what all rules about a session share.

use super::{library, library_words};
use crate::evidence::{Session, SshFailure};
use crate::finding::{Draft, Drafts};
use crate::plan::Implementation;
use crate::rules::Seen;
use crate::rules::local::{cannot_run, missing_program};
use crate::text::Span;

/// A session that did not come about, and that would not for the client either.
pub(super) fn failing<'s>(seen: &'s Seen<'_>) -> Option<&'s Session> {
    let session = seen.evidence.session.as_ref().filter(|session| !session.established)?;
    library::doubt(seen.plan, seen.evidence).is_none().then_some(session)
}

pub(super) fn place(seen: &Seen<'_>) -> Span {
    let uri = seen.reading.uri;
    uri.host_span().or(uri.transport_span()).unwrap_or_else(|| uri.span())
}

/// What the client prints: what ssh said, in libvirt's frame; a library has words of
/// its own.
fn quote(seen: &Seen<'_>, session: &Session) -> Option<String> {
    match seen.plan.ssh.as_ref() {
        Some(plan) if plan.implementation != Implementation::Openssh => {
            library_words::of_session(seen, plan, session)
        }
        _ => Some(frame(&with_prompts(seen, session), true)),
    }
}

/// How often ssh asks for a password unless it is told otherwise.
const PROMPTS: u32 = 3;

/// The client asks for a password where the server takes one, gets none without a
/// terminal, and says so each time but the last. We do not ask.
fn with_prompts(seen: &Seen<'_>, session: &Session) -> String {
    let batch = seen.plan.ssh.as_ref().is_some_and(|ssh| ssh.batch);
    let asks = session.methods.iter().any(|method| method == "password");
    if batch || !asks || session.failure != Some(SshFailure::PermissionDenied) {
        return session.said.clone();
    }
    let config = seen.evidence.local.as_ref().and_then(|local| local.ssh_config.as_ref());
    let prompts = config.map_or(PROMPTS, |config| config.password_prompts);
    let prompts = if prompts == 0 { PROMPTS } else { prompts } as usize;
    let (before, last) = session.said.rsplit_once('\n').unwrap_or(("", &session.said));
    let mut lines: Vec<&str> = if before.is_empty() { Vec::new() } else { vec![before] };
    lines.extend(std::iter::repeat_n("Permission denied, please try again.", prompts - 1));
    lines.push(last);
    lines.join("\n")
}

/// libvirt's frame around what a child said: at most 1024 bytes, else it is left out.
pub(crate) fn frame(said: &str, reset: bool) -> String {
    let said = said.trim_end();
    let (head, tail) = if reset {
        ("Cannot recv data", "Connection reset by peer")
    } else {
        ("End of file while reading data", "Input/output error")
    };
    if said.len() > 1024 { format!("{head}: {tail}") } else { format!("{head}: {said}: {tail}") }
}

pub(super) fn draft<'d>(seen: &Seen<'_>, session: &Session, out: &'d mut Drafts) -> &'d mut Draft {
    let host = seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
    let draft = out.at(place(seen)).fact("host", host);
    match quote(seen, session) {
        Some(quote) => draft.quote(quote, Some(session.duration_ms / 1000.0)),
        None => draft,
    }
}

/// There is no ssh.
pub(crate) fn ssh_program_missing(seen: &Seen<'_>, out: &mut Drafts) {
    if seen.plan.used("command").is_some() {
        return;
    }
    let Some(program) = missing_program(seen) else { return };
    let quote = cannot_run(&program.name);
    out.at(place(seen)).fact("program", &program.name).quote(quote, Some(0.0));
}

/// The server did not get as far as a login in our time.
pub(crate) fn ssh_timed_out(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) = failing(seen) else { return };
    if !matches!(session.failure, Some(SshFailure::DeadlineReached | SshFailure::TimedOut)) {
        return;
    }
    let draft =
        draft(seen, session, out).fact("seconds", format!("{:.0}", session.duration_ms / 1000.0));
    draft.quote = None;
    if session.server.is_some() {
        draft.variant("slow");
    }
}

/// Any other way in which ssh ends.
pub(crate) fn ssh_failed(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) = failing(seen) else { return };
    let said = session.said.lines().last().unwrap_or("nothing").to_owned();
    let exit =
        session.exit.map_or_else(|| "was ended".to_owned(), |exit| format!("exited with {exit}"));
    draft(seen, session, out).fact("said", said).fact("exit", exit);
}
