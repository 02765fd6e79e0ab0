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
    if !session.established {
        let said = session.said.clone();
        session.failure = Some(failure(&said, session));
    }
}

/// What ssh says without `-v`.
pub(crate) fn without_chatter(log: &str) -> String {
    let lines = log.lines().map(|line| line.trim_end_matches('\r'));
    let said = lines.filter(|line| !line.starts_with("debug1: ") && !is_chatter(line));
    said.collect::<Vec<_>>().join("\n")
}

fn read_debug(line: &str, session: &mut Session) {
    if let Some(software) = line.split("remote software version ").nth(1) {
        session.server = Some(software.to_owned());
    } else if let Some(key) = line.strip_prefix("Server host key: ") {
        let (kind, fingerprint) = key.split_once(' ').unwrap_or((key, ""));
        let kind = kind.trim_start_matches("ssh-").to_uppercase();
        session.host_key =
            Some(SshKey { kind, fingerprint: fingerprint.to_owned(), ..SshKey::default() });
    } else if let Some(methods) = line.strip_prefix("Authentications that can continue: ") {
        session.methods = methods.split(',').map(str::to_owned).collect();
    } else if let Some(key) = line.strip_prefix("Offering public key: ") {
        session.offered.push(shown_key(key));
    } else if let Some(key) = line.strip_prefix("Server accepts key: ") {
        session.accepted = Some(shown_key(key));
    } else if let Some((_, options)) =
        line.strip_prefix("Remote: ").and_then(|rest| rest.split_once(": key options: "))
    {
        session.key_options = options.split_whitespace().map(str::to_owned).collect();
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
