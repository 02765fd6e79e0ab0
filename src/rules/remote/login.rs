//! A login that does not run what it is asked to run, or says more than that.

use super::{Failing, failing_command, place, without_sshd};
use crate::evidence::RpcOutcome;
use crate::finding::Drafts;
use crate::rules::{Seen, ssh};

/// What a shell says that lets nobody in.
const NO_SHELL: &[&str] = &[
    "account is currently not available",
    "What do you think I am? A shell?",
    // git-shell
    "fatal: unrecognized command",
    "This account is restricted by rssh",
];

/// What a login says that does not even find `sh`.
const NO_SH: &[&str] = &["sh: not found", "sh: command not found", "sh: No such file or directory"];
/// What sshd ends with where /etc/nologin keeps everybody out, or PAM opens no session.
/// Source: `session.c` of OpenSSH.
const SHUT: i32 = 254;
/// What sshd says where the password must be changed first. Source: `session.c` of OpenSSH.
const PASSWORD_EXPIRED: &str = "Password change required but no TTY available";

impl Failing<'_> {
    /// The first line that came in the place of libvirt's protocol, or beside it.
    fn words(&self) -> String {
        let noise = self.remote.map(|remote| remote.noise.as_str()).unwrap_or_default();
        let said = self.remote.map(|remote| without_sshd(&remote.said)).unwrap_or_default();
        let stream = match self.outcome {
            RpcOutcome::NotLibvirt(text) => text.as_str(),
            _ => "",
        };
        let lines = [stream, noise, &self.remote_said(), &said];
        let first = lines.into_iter().flat_map(str::lines).find(|line| !line.trim().is_empty());
        first.unwrap_or_default().trim().to_owned()
    }

    /// Whether nothing of ours ran there, or nobody could look.
    fn runs_nothing(&self) -> bool {
        self.remote.is_some_and(|remote| remote.runs_nothing)
    }

    /// Whether PAM keeps the session closed: sshd prints its words on standard output, but
    /// those of /etc/nologin, without PAM, on standard error.
    fn is_refused_by_pam(&self) -> bool {
        self.session.exit == Some(SHUT)
            && self.runs_nothing()
            && self.session.remote_said.trim().is_empty()
    }

    /// Whether `authorized_keys` has a command for the key.
    fn has_command(&self) -> bool {
        self.session.key_options.iter().any(|option| option == "command")
            && self.remote.is_none_or(|remote| remote.error.is_some())
    }
}

fn is_no_shell(words: &str) -> bool {
    NO_SHELL.iter().any(|known| words.contains(known))
}

/// Whether the login does not find the program that runs libvirt's command.
pub(super) fn is_without_sh(said: &str) -> bool {
    NO_SH.iter().any(|known| said.ends_with(known))
}

/// The account runs nothing in time.
pub(crate) fn remote_shell_hangs(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) = seen.evidence.session.as_ref().filter(|session| session.established) else {
        return;
    };
    if !seen.evidence.is_remote_silent() {
        return;
    }
    let host = seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
    let said = session.remote_said.lines().last().unwrap_or_default().trim();
    let draft = out.at(place(seen, "")).fact("host", host).fact("said", said);
    if !said.is_empty() {
        draft.variant("says");
    }
}

/// The login prints something of its own.
pub(crate) fn remote_noise(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(failing) = failing_command(seen) else { return };
    let RpcOutcome::NotLibvirt(text) = failing.outcome else { return };
    let shell = failing.remote.map(|remote| remote.shell.clone()).unwrap_or_default();
    let draft = failing.draft(seen, out).fact("text", text).fact("shell", &shell);
    if seen.plan.used("command").is_some() {
        draft.variant("program");
        draft.span = place(seen, "command");
    }
}

/// Who logs in there, for a sentence.
fn user(seen: &Seen<'_>) -> String {
    let user = ssh::user(seen);
    if user.is_empty() { "the account".to_owned() } else { user }
}

/// Nothing runs before the password is changed.
pub(crate) fn remote_password_expired(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(failing) = failing_command(seen) else { return };
    if failing.session.remote_said.contains(PASSWORD_EXPIRED) {
        let draft =
            failing.draft(seen, out).fact("user", user(seen)).fact("login", ssh::login(seen));
        draft.span = place(seen, "");
    }
}

/// The key is right, and PAM opens no session.
pub(crate) fn remote_session_refused(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(failing) = failing_command(seen).filter(Failing::is_refused_by_pam) else { return };
    // pam_limits.
    let has_too_many =
        failing.remote.is_some_and(|remote| remote.noise.contains("too many logins for"));
    let draft = failing.draft(seen, out).fact("user", user(seen));
    draft.span = place(seen, "");
    if has_too_many {
        draft.variant("many");
    }
}

/// The account has a shell that runs nothing.
pub(crate) fn remote_no_shell(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(failing) = failing_command(seen) else { return };
    let words = failing.words();
    // `/bin/false` says nothing and fails; a forced command may do the same.
    let silent = words.is_empty()
        && failing.runs_nothing()
        && !failing.has_command()
        && failing.session.exit != Some(0);
    let is_shut = failing.session.exit == Some(SHUT) && failing.runs_nothing();
    if !is_no_shell(&words) && !silent && !is_shut {
        return;
    }
    let words_are_empty = words.is_empty();
    let draft = failing.draft(seen, out).fact("text", words).fact("user", user(seen));
    draft.span = place(seen, "");
    if is_shut && !words_are_empty {
        draft.variant("shut");
    } else if silent {
        draft.variant("silent");
    }
}

/// The server runs something else than what it is asked to run.
pub(crate) fn remote_forced_command(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(failing) = failing_command(seen) else { return };
    let words = failing.words();
    let is_another = is_no_shell(&words)
        || is_without_sh(&failing.remote_said())
        || failing.session.exit == Some(SHUT) && !words.is_empty();
    if is_another || !(failing.runs_nothing() || failing.has_command()) {
        return;
    }
    let key = failing.session.accepted.as_ref();
    let key = key.map(|key| format!("{} {}", key.kind, key.fingerprint)).unwrap_or_default();
    let silent = words.is_empty();
    let by_key = failing.has_command();
    let failed = failing.session.exit != Some(0);
    let draft = failing.draft(seen, out).fact("text", &words).fact("key", key);
    draft.span = place(seen, "");
    match (by_key, silent) {
        (true, true) => draft.variant("key"),
        (true, false) => draft.variant("key-says"),
        (false, true) => draft.variant("silent"),
        (false, false) if words.contains("sftp connections only") => draft.variant("sftp"),
        (false, false) => draft,
    };
    if silent && !by_key && failed {
        draft.less_likely();
    }
}
