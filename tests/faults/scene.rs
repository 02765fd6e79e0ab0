//! Builds the hosts of a fault, breaks what is to be broken, and compares virsh and us.

use std::fmt::Write as _;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::fault::{Fault, Need, Side};
use crate::lab::{BASICS, Checked, First, Host, Lab, core_words};
use crate::peer;
use crate::said;

/// What came of a fault: a row of the table.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) virsh: String,
    /// All that it said, with the names that faults use in the place of folders.
    pub(crate) said: String,
    pub(crate) virsh_seconds: f64,
    pub(crate) cause: String,
    pub(crate) seconds: f64,
    /// What is not as it must be.
    pub(crate) wrong: Vec<String>,
    /// What was not the first time, where it was played twice.
    pub(crate) at_first: Vec<String>,
}

/// Functions that every script of a fault can use.
const SHELL: &str = include_str!("pki.sh");
/// How often virsh is asked at most, until it says what was recorded.
const ASKED: usize = 4;
/// No check may take longer, whatever is broken.
const DEADLINE: f64 = 30.0;

pub(crate) fn play(fault: &Fault) -> Row {
    let mut row = Row { name: fault.name.clone(), ..Row::default() };
    let played = catch_unwind(AssertUnwindSafe(|| staged(fault, &mut row)));
    if let Err(panic) = played {
        let words = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        row.wrong.push(words.unwrap_or("the scene ended in a panic").to_owned());
    }
    row
}

fn staged(fault: &Fault, row: &mut Row) {
    let lab = build(fault);
    let start = Instant::now();
    let (mut virsh, mut said) = ask(fault, &lab.client);
    // Where ssh ends at once, the client now and then misses why, or even that it did.
    for _ in 1..ASKED {
        if fault.virsh.as_ref().is_none_or(|words| virsh.says(words)) {
            break;
        }
        (virsh, said) = ask(fault, &lab.client);
    }
    row.virsh_seconds = start.elapsed().as_secs_f64();
    row.said = lab.client.without_folders(&lab.server.without_folders(&said));
    if said::is_wanted() {
        return;
    }
    row.virsh = match &virsh {
        Virsh::Connects => "connects".to_owned(),
        Virsh::Says(words) => core_words(words),
        Virsh::Silent => format!("nothing after {} s", fault.patience),
    };
    // What virsh left ends first.
    sleep(Duration::from_millis(200));
    let before = [&lab.client, &lab.server].map(state);
    let logins_before = logins(&lab.server);
    let checked = check(fault, &lab.client);
    row.seconds = checked.took.as_secs_f64();
    let target = checked.target();
    row.cause = String::from(target["cause"].as_str().unwrap_or(""));
    let verdict = target["verdict"].as_str().unwrap_or("").to_owned();
    let wanted =
        fault.verdict.as_deref().unwrap_or(if fault.cause.is_some() { "fails" } else { "ok" });
    let mut wrong = Vec::new();
    let mut must = |holds: bool, words: String| {
        if !holds {
            wrong.push(words);
        }
    };
    must(verdict == wanted, format!("verdict {verdict}, not {wanted}"));
    let cause = fault.cause.as_deref().unwrap_or("");
    must(row.cause == cause, format!("cause {:?}, not {cause:?}", row.cause));
    let causes = target["causes"].as_array().map(Vec::as_slice).unwrap_or_default();
    let rivals: Vec<&str> =
        causes.iter().skip(1).map(|cause| cause["rule"].as_str().unwrap_or("")).collect();
    must(rivals == fault.rivals, format!("rivals {rivals:?}, not {:?}", fault.rivals));
    let told_apart = causes.iter().all(|cause| cause["distinguish"].is_string());
    must(rivals.is_empty() || told_apart, "nothing tells the causes apart".to_owned());
    let proved = (verdict == "ok") == (matches!(virsh, Virsh::Connects) && !fault.unproven);
    must(proved, format!("virsh: {}", row.virsh));
    must(row.seconds < DEADLINE, format!("it took {:.1} s", row.seconds));
    let recorded = fault.virsh.as_deref().unwrap_or_default();
    must(
        match &virsh {
            Virsh::Says(words) => {
                let by_chance = fault.or_virsh.as_ref().is_some_and(|other| words.contains(other));
                !recorded.is_empty() && (words.contains(recorded) || by_chance)
            }
            Virsh::Connects | Virsh::Silent => recorded.is_empty(),
        },
        format!("virsh said {:?}, and {recorded:?} is written down", row.virsh),
    );
    // What is said by chance need not tell the cause; what was recorded does, without servers.
    let on_evidence = fault.cause.as_ref().filter(|cause| said::is_on_evidence(cause));
    let on_evidence = on_evidence.filter(|_| fault.or_virsh.is_none());
    if let (Virsh::Says(_), Some(cause)) = (&virsh, on_evidence) {
        let explained = said::explained(&row.said);
        let is_there = explained.iter().take(3).any(|rule| rule == cause);
        let told = format!("explain - leads to {explained:?}");
        must(is_there == fault.unexplained.is_none(), told);
    }
    if !row.cause.is_empty() && target["causes"][0]["finding"].is_u64() {
        let finding = checked.cause();
        let message = finding["message"].as_str().unwrap_or_default();
        for words in &fault.says {
            must(message.contains(words.as_str()), format!("no {words:?} in {message:?}"));
        }
        let quote = checked.quote();
        if let (Virsh::Says(words), true) = (&virsh, fault.quotes && !quote.is_empty()) {
            let words = core_words(words);
            let same = words == quote
                || finding["hop"] == "remote" && within_frame(&words) == within_frame(&quote);
            must(same, format!("virsh says {words:?}, quoted as {quote:?}"));
        }
    }
    let again = logins(&lab.server) - logins_before;
    let allowed = if verdict == "ok" { 1 } else { 2 };
    must(again <= allowed, format!("{again} logins"));
    for (host, before) in [(&lab.client, &before[0]), (&lab.server, &before[1])] {
        if let Some(left) = changed(host, before) {
            must(false, format!("left behind: {left}"));
        }
    }
    if !wrong.is_empty() {
        wrong.insert(0, fault.what.clone());
        wrong.push(format!("{:#}", checked.document));
    }
    row.wrong = wrong;
}

fn build(fault: &Fault) -> Lab {
    let needs = |need: Need| fault.needs.contains(&need);
    let first = |need| if needs(need) { First::Systemd } else { First::Sleep };
    let mut lab = Lab::begun_by(first(Need::LocalSystemd), first(Need::Systemd));
    if needs(Need::Ipv6) {
        for (host, own) in [(&lab.client, 1), (&lab.server, 2)] {
            // Without asking first whether somebody has them, which takes a second or two.
            host.sh(&format!(
                "ip addr add 2001:db8::{own}/64 dev eth0 nodad; ip addr add fe80::{own}/64 dev eth0 nodad"
            ));
        }
    }
    if needs(Need::Certificates) {
        lab.server.script("authority\nserver_certificate\n");
        let from = lab.server.folder.join("pki");
        lab.client.script(&format!(
            "mkdir -p $PKI\ncp -r {}/. $PKI\nclient_certificate\ninstall_client\n",
            from.display()
        ));
    }
    for (host, side) in [(&lab.client, &fault.client), (&lab.server, &fault.server)] {
        host.script(&side.before);
        for command in &side.serve {
            host.serve(&host.with_variables(command));
        }
    }
    if needs(Need::Sshd) {
        let path = fault.server.programs.as_ref().map(|more| {
            let more: Vec<String> =
                more.iter().map(|name| lab.server.with_variables(name)).collect();
            let more: Vec<&str> =
                BASICS.iter().copied().chain(more.iter().map(String::as_str)).collect();
            format!("SetEnv PATH={}\n", lab.server.programs(&more))
        });
        let lines = path.unwrap_or_default() + &lab.server.with_variables(&fault.server.sshd);
        lab = lab.with_sshd(&lines);
    }
    if needs(Need::Key) {
        lab = lab.with_key();
    }
    if needs(Need::KnownHost) {
        lab = lab.with_known_host();
    }
    if needs(Need::LibvirtKnownHost) {
        let key = fs::read_to_string(lab.server.folder.join("host_key.pub")).unwrap();
        let line = format!("192.0.2.2,server.test {key}");
        lab.client.write_home(".config/libvirt/known_hosts", &line, 0o600);
    }
    for (need, host, side) in [
        (Need::Libvirtd, &lab.server, &fault.server),
        (Need::LocalLibvirtd, &lab.client, &fault.client),
    ] {
        if needs(need) {
            let conf = libvirtd_conf(host, side, needs(Need::Certificates));
            let clock = side.faketime.as_ref().map(|time| format!("faketime '{time}'"));
            host.libvirtd_by(&clock.unwrap_or_default(), &conf);
        }
    }
    for (host, side) in [(&lab.client, &fault.client), (&lab.server, &fault.server)] {
        host.script(&side.after);
        if !side.user.is_empty() {
            let output = host.as_user(&[], "sh", &["-ec", &host.with_variables(&side.user)]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{}: {said}", side.user);
        }
    }
    lab
}

fn libvirtd_conf(host: &Host, side: &Side, certificates: bool) -> String {
    let mut text = host.with_variables(&side.libvirtd);
    if certificates {
        let pki = host.folder.join("pki");
        for (key, file) in
            [("ca_file", "ca.pem"), ("cert_file", "server.pem"), ("key_file", "server.key")]
        {
            if !text.contains(key) {
                let _ = writeln!(text, "\n{key} = \"{}\"", pki.join(file).display());
            }
        }
        for (key, value) in [("listen_tls", "1"), ("auth_tls", "\"none\"")] {
            if !text.contains(key) {
                let _ = writeln!(text, "\n{key} = {value}");
            }
        }
    }
    text
}

impl Host {
    /// Runs a shell script of a fault as root.
    fn script(&self, script: &str) {
        if !script.trim().is_empty() {
            self.sh(&(self.with_variables("HERE=$HERE JOE=$JOE PKI=$PKI\n") + SHELL + script));
        }
    }

    /// With the names that faults use: HERE, the host's own folder, JOE, the home of
    /// the user, PKI, the folder of certificates.
    fn with_variables(&self, text: &str) -> String {
        text.replace("$HERE", &self.folder.to_string_lossy())
            .replace("$JOE", &self.home().to_string_lossy())
            .replace("$PKI", &self.folder.join("pki").to_string_lossy())
    }

    /// A text as it would be in any other run.
    fn without_folders(&self, text: &str) -> String {
        text.replace(&*self.folder.to_string_lossy(), "/srv/lab")
    }
}

enum Virsh {
    Connects,
    Says(String),
    Silent,
}

impl Virsh {
    fn says(&self, part: &str) -> bool {
        matches!(self, Self::Says(words) if words.contains(part))
    }
}

/// The real client, without a terminal.
fn ask(fault: &Fault, client: &Host) -> (Virsh, String) {
    let patience = fault.patience.to_string();
    let uri = client.with_variables(&fault.uri);
    let mut arguments = vec!["-s", "KILL", &patience];
    if fault.peer.is_some() {
        arguments.extend([peer::go_libvirt(), &uri]);
    } else {
        arguments.push("virsh");
        arguments.extend(fault.virsh_options.iter().map(String::as_str));
        if !uri.is_empty() {
            arguments.extend(["-c", &uri]);
        }
        arguments.push("uri");
    }
    let output = if fault.as_root {
        client
            .command("timeout")
            .args(&arguments)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    } else {
        client.as_user(&borrowed(&environment(fault, client)), "timeout", &arguments)
    };
    let said = String::from_utf8_lossy(&output.stderr).replace("\r\n", "\n");
    let core = said.strip_prefix("error: failed to connect to the hypervisor\n").unwrap_or(&said);
    let virsh = match output.status.code() {
        Some(0) => Virsh::Connects,
        Some(137) | None => Virsh::Silent,
        _ => Virsh::Says(core.trim().trim_start_matches("error: ").trim_end().to_owned()),
    };
    (virsh, said)
}

fn environment(fault: &Fault, client: &Host) -> Vec<(String, String)> {
    let known = |(name, value): (&String, &String)| (name.clone(), client.with_variables(value));
    fault.environment.iter().map(known).collect()
}

fn borrowed(environment: &[(String, String)]) -> Vec<(&str, &str)> {
    environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn check(fault: &Fault, client: &Host) -> Checked {
    let uri = client.with_variables(&fault.uri);
    let mut arguments: Vec<&str> = fault.options.iter().map(String::as_str).collect();
    if let Some(peer) = &fault.peer {
        arguments.extend(["--client", peer]);
    }
    if !uri.is_empty() {
        arguments.extend(["--uri", &uri]);
    }
    if fault.as_root {
        client.check_as_root(&arguments)
    } else {
        client.check(&borrowed(&environment(fault, client)), &arguments)
    }
}

/// What the other side said, without what virsh says of its end: a reset where the remote
/// command was gone before it read the question, which is chance.
fn within_frame(words: &str) -> &str {
    let framed = |before, behind| words.strip_prefix(before)?.strip_suffix(behind);
    framed("End of file while reading data: ", ": Input/output error")
        .or_else(|| framed("Cannot recv data: ", ": Connection reset by peer"))
        .unwrap_or(words)
}

/// How often somebody was let in.
fn logins(server: &Host) -> usize {
    let log = fs::read_to_string(server.folder.join("servers.log")).unwrap_or_default();
    log.matches("Accepted publickey").count()
}

/// The processes of a host and the files of its user, without what libvirtd writes when it
/// has just started. A process that has ended and that the host's first process does not
/// wait for is none.
fn state(host: &Host) -> String {
    host.sh(&format!(
        "ps ax -o stat=,comm= | sed -n '/^ *Z/!s/^[^ ]* *//p' | grep -Ev '^(ps|sed|sh|sort|grep|find|nsenter|sleep|sshd|sshd-session)$' | sort; find {} /run/libvirt -xdev -type f -printf '%p %s %T@\\n' 2>/dev/null | grep -v -e 'cache/' -e /run/libvirt/qemu/ | sort",
        host.home().display()
    ))
}

/// What is there that was not there before, once everything had time to end.
fn changed(host: &Host, before: &str) -> Option<String> {
    let start = Instant::now();
    loop {
        let now = state(host);
        let new: Vec<&str> =
            now.lines().filter(|line| !before.lines().any(|old| old == *line)).collect();
        if new.is_empty() {
            return None;
        }
        if start.elapsed() > Duration::from_secs(5) {
            return Some(new.join(", "));
        }
        sleep(Duration::from_millis(100));
    }
}
