//! What ssh's own log (`ssh -v -E FILE`) tells, as evidence.
//!
//! ssh is not translated, and its words have been stable for many years; those
//! here are from OpenSSH 8.4 to 10.0.

use crate::evidence::{Session, SshFailure, SshKey};

/// Fills in what the log of a session tells.
pub(crate) fn read(log: &str, session: &mut Session) {
    for line in log.lines().map(|line| line.trim_end_matches('\r')) {
        match line.strip_prefix("debug1: ") {
            Some(debug) => read_debug(debug, session),
            None if is_chatter(line) => read_chatter(line, session),
            None => {}
        }
    }
    session.said = without_chatter(log);
    // A login of which nothing came.
    if session.established && is_without_session(&session.said) {
        session.established = false;
    }
    if !session.established {
        let said = session.said.clone();
        session.failure = Some(failure(&said, session));
    }
}

/// `MaxSessions 0`: the channel for a command is not opened.
fn is_without_session(said: &str) -> bool {
    said.lines().any(|line| line.starts_with("channel 0: open failed: "))
}

/// What ssh says without `-v`.
pub(crate) fn without_chatter(log: &str) -> String {
    let mut said = Vec::new();
    let mut goes_on = false;
    for line in log.lines().map(|line| line.trim_end_matches('\r')) {
        // The rest of a debug message, as the Kerberos library wrote it.
        goes_on =
            line.starts_with("No Kerberos credentials available") || goes_on && line.is_empty();
        if !goes_on && !line.starts_with("debug1: ") && !is_chatter(line) {
            said.push(line);
        }
    }
    said.join("\n")
}

fn read_debug(line: &str, session: &mut Session) {
    if let Some(software) = line.split("remote software version ").nth(1) {
        session.server = Some(software.to_owned());
    } else if let Some(key) = line.strip_prefix("Server host key: ") {
        let (kind, fingerprint) = key.split_once(' ').unwrap_or((key, ""));
        let kind = kind.trim_start_matches("ssh-").to_uppercase();
        session.host_key =
            Some(SshKey { kind, fingerprint: fingerprint.to_owned(), ..SshKey::default() });
    } else if let Some(key) = line.strip_prefix("Server host certificate: ") {
        // `KIND SHA256:..., serial 0 ID "kvm1" CA KIND SHA256:... valid ...`
        let (kind, rest) = key.split_once(' ').unwrap_or((key, ""));
        let kind = kind.trim_start_matches("ssh-").split("-cert").next().unwrap_or(kind);
        session.host_key = Some(SshKey {
            kind: kind.to_uppercase(),
            fingerprint: rest.split(',').next().unwrap_or_default().to_owned(),
            name: rest.split_once(", ").map(|(_, rest)| rest.to_owned()).unwrap_or_default(),
            ..SshKey::default()
        });
    } else if let Some(methods) = line.strip_prefix("Authentications that can continue: ") {
        session.methods = methods.split(',').map(str::to_owned).collect();
    } else if let Some(key) = line.strip_prefix("Offering public key: ") {
        session.offered.push(shown_key(key));
    } else if let Some(key) = line.strip_prefix("Server accepts key: ") {
        session.accepted = Some(shown_key(key));
    } else if let Some((_, options)) =
        line.strip_prefix("Remote: ").and_then(|rest| rest.split_once(": key options:"))
    {
        session.key_options = options.split_whitespace().map(str::to_owned).collect();
        if session.key_options.is_empty() {
            session.key_options.push("none".to_owned());
        }
    } else if let Some((_, text)) = line
        .strip_prefix("kex_exchange_identification: banner line ")
        .and_then(|rest| rest.split_once(": "))
    {
        session.greeting.push_str(text);
        session.greeting.push('\n');
    } else if line.contains("mux_client_request_session: master session id") {
        session.established = true;
        session.method = Some("a shared connection (ControlMaster)".to_owned());
    }
}

/// `NAME KIND SHA256:... [agent]`; the name may hold blanks.
fn shown_key(text: &str) -> SshKey {
    let words: Vec<&str> = text.split(' ').collect();
    let at = words.iter().rposition(|word| word.starts_with("SHA256:") || word.starts_with("MD5:"));
    let Some(at) = at.filter(|at| *at > 0) else {
        return SshKey { name: text.to_owned(), ..SshKey::default() };
    };
    SshKey {
        kind: words[at - 1].to_owned(),
        fingerprint: words[at].to_owned(),
        name: words[..at - 1].join(" "),
        in_agent: words[at + 1..].contains(&"agent"),
    }
}

/// Lines that only `-v` makes ssh print.
fn is_chatter(line: &str) -> bool {
    const BEGINNINGS: &[&str] = &[
        "OpenSSH_",
        "Authenticated to ",
        "Authenticated using ",
        "Transferred: ",
        "Bytes per second: ",
        "Killed by signal ",
        "debug2: ",
        "debug3: ",
    ];
    BEGINNINGS.iter().any(|beginning| line.starts_with(beginning))
}

fn read_chatter(line: &str, session: &mut Session) {
    if line.starts_with("Authenticated to ") {
        session.established = true;
        let method = line.split("using \"").nth(1).and_then(|rest| rest.split('"').next());
        session.method = method.map(str::to_owned);
    } else if line.contains(" with partial success") {
        session.partial = true;
    }
}

/// What ssh's last words mean.
fn failure(said: &str, session: &mut Session) -> SshFailure {
    const KNOWN: &[(&str, SshFailure)] = &[
        ("channel 0: open failed: ", SshFailure::NoSession),
        ("REMOTE HOST IDENTIFICATION HAS CHANGED", SshFailure::HostKeyChanged),
        ("REVOKED HOST KEY DETECTED", SshFailure::HostKeyRevoked),
        ("Could not resolve hostname", SshFailure::NameUnknown),
        ("Too many authentication failures", SshFailure::TooManyFailures),
        ("Permission denied (", SshFailure::PermissionDenied),
        ("Host key verification failed", SshFailure::HostKeyUnknown),
        ("Connection refused", SshFailure::Refused),
        ("No route to host", SshFailure::NoRoute),
        ("Network is unreachable", SshFailure::NoRoute),
        ("timed out", SshFailure::TimedOut),
        ("Unable to negotiate with", SshFailure::NoCommonAlgorithm),
        ("no matching ", SshFailure::NoCommonAlgorithm),
        ("kex_exchange_identification", SshFailure::ClosedEarly),
        ("Connection closed by", SshFailure::ClosedEarly),
        ("Connection reset by", SshFailure::ClosedEarly),
        ("Bad configuration option", SshFailure::BadConfiguration),
        ("Bad owner or permissions", SshFailure::BadConfiguration),
        ("Bad port", SshFailure::BadConfiguration),
        ("hostname contains invalid characters", SshFailure::BadConfiguration),
    ];
    if let Some(methods) =
        said.split("Permission denied (").nth(1).and_then(|rest| rest.split(')').next())
    {
        session.methods = methods.split(',').map(str::to_owned).collect();
    }
    KNOWN
        .iter()
        .find(|(words, _)| said.contains(words))
        .map_or(SshFailure::Other, |(_, failure)| *failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(log: &str) -> Session {
        let mut session = Session::default();
        read(log, &mut session);
        session
    }

    #[test]
    fn a_login_is_told() {
        let session = session(
            "OpenSSH_9.2p1 Debian-2, OpenSSL 3.0\r\ndebug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1\r\ndebug1: Server host key: ssh-ed25519 SHA256:h\r\ndebug1: Authentications that can continue: publickey,password\r\ndebug1: Offering public key: joe's key ED25519 SHA256:k agent\r\ndebug1: Server accepts key: joe's key ED25519 SHA256:k agent\r\nAuthenticated to h ([192.0.2.1]:22) using \"publickey\".\r\nTransferred: sent 1, received 2 bytes\r\n",
        );
        assert!(session.established && session.failure.is_none());
        assert_eq!(session.server.as_deref(), Some("OpenSSH_9.2p1"));
        assert_eq!(session.host_key.unwrap().kind, "ED25519");
        let key = session.accepted.unwrap();
        assert_eq!(
            (key.name.as_str(), key.kind.as_str(), key.in_agent),
            ("joe's key", "ED25519", true)
        );
        assert_eq!(session.methods, ["publickey", "password"]);
        assert_eq!(session.said, "");
    }

    #[test]
    fn what_the_server_tells_is_kept() {
        let session = session(
            "debug1: kex_exchange_identification: banner line 0: Exceeded MaxStartups\r\ndebug1: Remote: /home/joe/.ssh/authorized_keys:1: key options: agent-forwarding command pty\r\nAuthenticated using \"publickey\" with partial success.\r\n",
        );
        assert_eq!(session.greeting, "Exceeded MaxStartups\n");
        assert_eq!(session.key_options, ["agent-forwarding", "command", "pty"]);
        assert!(session.partial && !session.established);
    }

    #[test]
    fn debug_messages_of_several_lines_are_left_out() {
        let log = "debug1: No credentials were supplied, or the credentials were unavailable or inaccessible\r\nNo Kerberos credentials available (default cache: FILE:/tmp/krb5cc_1001)\n\n\r\ndebug1: No more authentication methods to try.\r\njoe@h: Permission denied (gssapi-with-mic).\r\n";
        assert_eq!(without_chatter(log), "joe@h: Permission denied (gssapi-with-mic).");
    }

    #[test]
    fn a_login_without_a_session_is_none() {
        let session = session(
            "Authenticated to h ([192.0.2.1]:22) using \"publickey\".\r\nchannel 0: open failed: connect failed: open failed\r\n",
        );
        assert!(!session.established);
        assert_eq!(session.failure, Some(SshFailure::NoSession));
    }

    #[test]
    fn a_host_key_may_be_signed() {
        let key = session("debug1: Server host certificate: ssh-ed25519-cert-v01@openssh.com SHA256:h, serial 0 ID \"kvm1\" CA ssh-ed25519 SHA256:c valid forever\r\n").host_key.unwrap();
        assert_eq!((key.kind.as_str(), key.fingerprint.as_str()), ("ED25519", "SHA256:h"));
    }

    #[test]
    fn a_key_that_may_do_nothing_more_is_told() {
        let session = session("debug1: Remote: /a/authorized_keys:1: key options:\r\n");
        assert_eq!(session.key_options, ["none"]);
    }

    #[test]
    fn failures_are_told_apart() {
        for (said, failure) in [
            (
                "ssh: Could not resolve hostname h: Name or service not known",
                SshFailure::NameUnknown,
            ),
            (
                "No ED25519 host key is known for h and you have requested strict checking.\nHost key verification failed.",
                SshFailure::HostKeyUnknown,
            ),
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
                SshFailure::HostKeyChanged,
            ),
            ("joe@h: Permission denied (publickey,password).", SshFailure::PermissionDenied),
            (
                "Received disconnect from 192.0.2.1 port 22:2: Too many authentication failures",
                SshFailure::TooManyFailures,
            ),
            ("ssh: connect to host h port 22: Connection refused", SshFailure::Refused),
            ("ssh: connect to host h port 22: Connection timed out", SshFailure::TimedOut),
            (
                "kex_exchange_identification: read: Connection reset by peer",
                SshFailure::ClosedEarly,
            ),
            ("something new", SshFailure::Other),
        ] {
            let session = session(said);
            assert_eq!(session.failure, Some(failure), "{said}");
            assert_eq!(session.said, said);
        }
        assert_eq!(
            session("joe@h: Permission denied (publickey,password).").methods,
            ["publickey", "password"]
        );
    }
}
