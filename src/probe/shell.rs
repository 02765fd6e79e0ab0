//! What a shell on another host can see of a plan: the name, the plan's own port, the
//! local socket, files and programs. It cannot speak to a daemon.

use std::net::IpAddr;

use nix::libc;

use crate::evidence::{
    Attempt, Evidence, Local, NameSight, Network, PortState, Program, Resolution, SeenFile,
    SkipReason, Skipped, SocketKind, SocketSight, UnixConnect,
};
use crate::plan::{Hop, Outcome, Plan, TlsPlan, is_plain_for_shell};
use crate::settings::{Facts, MARK};
use crate::tables::transports::Transport;

/// Functions of the script. `try` says `open` or the system's words.
const HEAD: &str = r#"LC_ALL=C; export LC_ALL
say() { printf "%s %s %s\n" "MARK" "$1" "$2"; }
try() {
    if command -v bash >/dev/null && command -v timeout >/dev/null; then
        words=$(timeout 3 bash -c "exec 3<>/dev/tcp/$2/$3" 2>&1); code=$?
    elif command -v nc >/dev/null; then
        words=$(nc -v -z -w 3 "$2" "$3" 2>&1 </dev/null); code=$?
    else
        return
    fi
    case "$code $words" in
        "0 "*) words=open;;
        "124 "*|*"imed out"*) words=silent;;
        *"onnection refused"*) words="Connection refused";;
        *"No route to host"*) words="No route to host";;
        *"etwork is unreachable"*) words="Network is unreachable";;
        *) words=$(printf "%s" "$words" | tail -n 1);;
    esac
    say "$1.try" "$2 $words"
}
resolve() {
    command -v getent >/dev/null || return
    found=$(getent ahosts -- "$2"); code=$?
    for address in $(printf "%s\n" "$found" | while read -r one kind rest; do [ "$kind" = STREAM ] && echo "$one"; done); do
        say "$1.address" "$address"
        try "$1" "$address" "$3"
    done
    [ -n "$found" ] || say "$1.unknown" "$code"
}
socket() {
    [ -e "$2" ] || { say "$1.socket" missing; return; }
    [ -S "$2" ] || { say "$1.socket" file; return; }
    say "$1.owner" "$(ls -ldL "$2")"
    [ -w "$2" ] || { say "$1.socket" closed; return; }
    real=$(readlink -f "$2")
    while read -r number refs protocol flags rest; do
        case "$flags $rest" in "00010000 "*" $real") say "$1.socket" listens;; esac
    done < /proc/net/unix
    say "$1.socket" idle
}
program() {
    say "$1.program" "$(command -v "$2")"
}
file() {
    seen=; [ -e "$2" ] && seen=e; [ -r "$2" ] && seen=${seen}r
    say "$1.file" "$seen:$2"
}
"#;

/// The questions about these plans.
pub(crate) fn questions(plans: &[&Plan]) -> String {
    let mut lines = Vec::new();
    for (number, plan) in plans.iter().enumerate() {
        if plan.outcome != Outcome::Daemon {
            continue;
        }
        let mut ask = |what: &str, words: &[&str]| {
            let quoted = words.iter().map(|word| quoted(word)).collect::<Vec<_>>();
            lines.push([what, &number.to_string(), &quoted.join(" ")].join(" "));
        };
        if let (Some(host), Some(port)) = (&plan.effective_host, port(plan)) {
            ask("resolve", &[&host.to_string(), &port.to_string()]);
        }
        if let (Some(Transport::Unix), Some(socket)) = (plan.transport, &plan.socket)
            && socket.iter().all(|byte| is_plain_for_shell(*byte))
        {
            ask("socket", &[&socket.to_string()]);
        }
        for (_, path) in plan.tls.iter().flat_map(TlsPlan::named_files) {
            ask("file", &[&path.to_string()]);
        }
        if let Some(program) = plan.ssh.as_ref().and_then(|ssh| ssh.program.as_ref()) {
            ask("program", &[&program.to_string()]);
        }
    }
    lines.push("say end ''\n".to_owned());
    HEAD.replace("MARK", MARK) + &lines.join("\n")
}

/// A word that no shell reads anything in.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn port(plan: &Plan) -> Option<u16> {
    let default = plan.transport.and_then(|transport| transport.facts().default_port);
    match plan.effective_port {
        // What is more than 16 bits is for the client to say.
        Some(port) => u16::try_from(port).ok(),
        None => default,
    }
}

/// What the answers tell about one of the plans.
pub(crate) fn seen(number: usize, plan: &Plan, facts: &Facts, observed_at: String) -> Evidence {
    let mut evidence = Evidence { observed_at, ..Evidence::default() };
    if plan.outcome != Outcome::Daemon {
        return evidence;
    }
    let fact = |name: &str| facts.one(&format!("{number}.{name}"));
    let key = |name: &str| format!("{number}.{name}");
    let socket = plan.socket.as_ref().map(ToString::to_string);
    let mut local = Local::default();
    if let (Some(state), Some(path)) = (fact("socket"), socket) {
        local.socket = Some(sight(path, state, fact("owner").unwrap_or_default()));
    }
    let name = plan.ssh.as_ref().and_then(|ssh| ssh.program.as_ref()).map(ToString::to_string);
    if let (Some(name), Some(path)) = (name, fact("program")) {
        let path = Some(path.to_owned()).filter(|path| !path.is_empty());
        local.program = Some(Program { name, path });
    }
    let files = plan.tls.iter().flat_map(TlsPlan::named_files);
    for ((what, path), answer) in files.zip(facts.all(&key("file"))) {
        let seen = answer.split(':').next().unwrap_or_default();
        local.files.push(SeenFile {
            what: what.to_owned(),
            path: path.to_string(),
            exists: seen.contains('e'),
            readable: seen.contains('r'),
            is_folder: false,
            error: None,
            pem: None,
        });
    }
    let is_local_seen =
        local.socket.is_some() || local.program.is_some() || !local.files.is_empty();
    evidence.local = is_local_seen.then_some(local);
    let addresses: Vec<IpAddr> =
        facts.all(&key("address")).filter_map(|one| one.parse().ok()).collect();
    let host = plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
    let resolution = match (addresses.is_empty(), fact("unknown")) {
        (false, _) => Some(Resolution::Addresses(addresses)),
        (true, Some("2")) => Some(Resolution::Failed {
            code: libc::EAI_NONAME,
            name: "EAI_NONAME".to_owned(),
            text: "Name or service not known".to_owned(),
        }),
        _ => None,
    };
    evidence.name =
        resolution.map(|resolution| NameSight { host, resolution, ..NameSight::default() });
    let attempts: Vec<Attempt> =
        facts.all(&key("try")).filter_map(|answer| attempt(answer, port(plan)?)).collect();
    if let (false, Some(port)) = (attempts.is_empty(), port(plan)) {
        evidence.network = Some(Network { port, attempts, ..Network::default() });
    }
    let blind = |hop: &Hop| match hop {
        Hop::Uri => false,
        Hop::Local => evidence.local.is_none(),
        Hop::Name => evidence.name.is_none(),
        Hop::Network => evidence.network.is_none(),
        Hop::Session | Hop::Remote | Hop::Daemon | Hop::Driver => true,
    };
    let blind: Vec<Hop> = plan.hops().iter().copied().filter(blind).collect();
    evidence.skipped =
        blind.into_iter().map(|hop| Skipped { hop, why: SkipReason::OnlyShell }).collect();
    evidence
}

/// `ADDRESS WORDS`.
fn attempt(answer: &str, port: u16) -> Option<Attempt> {
    let (address, words) = answer.split_once(' ')?;
    let (state, error) = match words {
        "open" => (PortState::Open, None),
        "silent" => (PortState::NoAnswer, None),
        "Connection refused" => (PortState::Refused, Some(words)),
        "No route to host" | "Network is unreachable" => (PortState::NoRoute, Some(words)),
        _ => (PortState::Error, Some(words)),
    };
    let error = error.map(str::to_owned);
    Some(Attempt {
        address: address.parse().ok()?,
        port,
        state,
        error,
        ms: 0.0,
        nobody: false,
        service: None,
    })
}

/// `owner` is what `ls -l` prints.
fn sight(path: String, state: &str, owner: &str) -> SocketSight {
    let failed = |words: &str| Some(UnixConnect::Failed(words.to_owned()));
    let (kind, connect) = match state {
        "listens" => (SocketKind::Socket, Some(UnixConnect::Accepted)),
        "closed" => (SocketKind::Socket, failed("Permission denied")),
        "missing" => (SocketKind::Missing, failed("No such file or directory")),
        "file" => (SocketKind::File, failed("Connection refused")),
        _ => (SocketKind::Socket, failed("Connection refused")),
    };
    let words: Vec<&str> = owner.split_whitespace().collect();
    let word = |at: usize| words.get(at).copied().unwrap_or_default().to_owned();
    SocketSight {
        path,
        kind,
        writable: matches!(state, "listens" | "idle"),
        mode: mode(words.first().copied().unwrap_or_default()),
        owner: word(2),
        group: word(3),
        connect,
        ..SocketSight::default()
    }
}

/// The bits of `srwxrwx---`.
fn mode(letters: &str) -> u32 {
    let bits = letters.chars().skip(1).take(9);
    bits.fold(0, |mode, letter| mode << 1 | u32::from(letter != '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_read() {
        assert_eq!(mode("srwxrwx---"), 0o770);
        assert_eq!(mode(""), 0);
    }

    #[test]
    fn answers_are_told_apart() {
        for (answer, state) in [
            ("192.0.2.7 open", PortState::Open),
            ("2001:db8::7 silent", PortState::NoAnswer),
            ("192.0.2.7 Connection refused", PortState::Refused),
            ("192.0.2.7 nc: something else", PortState::Error),
        ] {
            assert_eq!(attempt(answer, 22).unwrap().state, state, "{answer}");
        }
        assert_eq!(attempt("nonsense open", 22), None);
    }
}
