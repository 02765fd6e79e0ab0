//! What one URI costs: read, planned and judged, beside libxml2's bare reading of it.
//!
//! `cargo bench --bench uris`, with cc and libxml2's headers installed. Both sides go
//! through the URIs of `uris.txt` in turn, round by round; each line of the table is
//! the fastest round, in nanoseconds per URI.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement prints, and should end where it meets the unexpected"
)]

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use virt_doctor::lint::Linter;
use virt_doctor::plan::{Plan, Request, Wanted};
use virt_doctor::settings::{ConfContent, Machine};
use virt_doctor::uri::Uri;
use virt_doctor::{Client, Severity};

/// How often each side is measured; the fastest round counts.
const ROUNDS: usize = 200;
/// How often a round goes through all URIs.
const PASSES: usize = 40;

/// As most are: comments, and a few aliases.
const LIBVIRT_CONF: &str = "\
# This can be used to setup URI aliases for frequently
# used connection URIs. Aliases may contain only the
# characters  a-Z, 0-9, _, -.
uri_aliases = [
  \"kvm1=qemu+ssh://root@kvm1.example/system\",
  \"kvm2=qemu+ssh://root@kvm2.example/system\",
]
# uri_default = \"qemu:///system\"
";

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/uris.txt");
    let text = fs::read_to_string(&list).unwrap();
    let uris: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
    let mut machine = Machine::fixed("2026-01-01".into());
    machine.conf.content = ConfContent::Text(LIBVIRT_CONF.into());
    let linter = Linter::new(Client::LIBVIRT, machine.clone());
    let (clean, bad): (Vec<&[u8]>, Vec<&[u8]>) =
        uris.iter().partition(|uri| linter.lint(uri).is_empty());
    assert!(
        clean.len() * 10 >= uris.len() * 9,
        "too few without findings; not so: {}",
        shown(&bad)
    );

    let mut libxml2 = Libxml2::start(folder.path(), &list);
    let mut best = [f64::INFINITY; 5];
    for _ in 0..ROUNDS {
        let times = [
            libxml2.round(),
            round(&uris, |uri| {
                black_box(Uri::parse(uri)).unwrap();
            }),
            round(&uris, split),
            round(&uris, |uri| {
                black_box(plan(uri, &machine));
            }),
            round(&clean, |uri| {
                black_box(linter.lint(uri));
            }),
        ];
        for (best, time) in best.iter_mut().zip(times) {
            *best = best.min(time);
        }
    }
    let [peer, parse, split, plan, lint] = best;
    println!("{} URIs, of which {} without findings", uris.len(), clean.len());
    println!("{:<44} {:>9} {:>8}   promise", "", "ns a URI", "ratio");
    row("libxml2: xmlParseURI and xmlFreeURI", peer, peer, None);
    row("parse", parse, peer, None);
    row("parse and query split", split, peer, Some(("libxml2's", peer)));
    row("parse and plan", plan, peer, Some(("1 µs", 1000.0)));
    row("parse, plan and lint without findings", lint, peer, Some(("3 µs", 3000.0)));
    row("a file's URI with 2 findings, lint to jsonl", file(folder.path()), peer, None);
}

fn shown(uris: &[&[u8]]) -> String {
    String::from_utf8_lossy(&uris.join(&b' ')).into_owned()
}

fn row(what: &str, time: f64, peer: f64, promise: Option<(&str, f64)>) {
    let mut line = format!("{what:<44} {time:>9.1} {:>8.2}", time / peer);
    if let Some((words, limit)) = promise {
        let kept = if time <= limit { "kept" } else { "BROKEN" };
        write!(line, "   at most {words}: {kept}").unwrap();
    }
    println!("{line}");
}

/// Nanoseconds per URI.
fn round(uris: &[&[u8]], work: impl Fn(&[u8])) -> f64 {
    let start = Instant::now();
    for _ in 0..PASSES {
        for uri in uris {
            work(black_box(uri));
        }
    }
    start.elapsed().as_secs_f64() * 1e9 / as_f64(PASSES * uris.len())
}

fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

/// Reads a URI with every part decoded, and all its parameters.
fn split(uri: &[u8]) {
    let uri = Uri::parse(uri).unwrap();
    for parameter in uri.parameters() {
        black_box((parameter.name(), parameter.value()));
    }
    black_box(uri);
}

fn plan(text: &[u8], machine: &Machine) -> Plan {
    let uri = Uri::parse(text).unwrap();
    let wanted = Wanted::Uri(&uri);
    let request = Request { wanted, typed: Some(text), looked_up: Some(text), readonly: false };
    Plan::new(request, Client::LIBVIRT, machine)
}

/// The whole command on a file of URIs with two findings each.
fn file(folder: &Path) -> f64 {
    const URIS: usize = 20_000;
    let uri = "qemu+tcp://kvm1.example/sytem";
    let linter = Linter::new(Client::LIBVIRT, Machine::fixed("2026-01-01".into()));
    let findings = linter.lint(uri.as_bytes());
    assert!(findings.len() == 2 && findings.iter().any(|one| one.severity == Severity::Error));
    let path = folder.join("hosts.yml");
    fs::write(&path, format!("- uri: \"{uri}\"\n").repeat(URIS)).unwrap();
    let run = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_virt-doctor"));
        command.args(["lint", "--isolated", "--format", "jsonl"]).arg(&path).stdout(Stdio::null());
        let start = Instant::now();
        assert_eq!(command.status().unwrap().code(), Some(1));
        start.elapsed().as_secs_f64() * 1e9 / as_f64(URIS)
    };
    (0..10).map(|_| run()).fold(f64::INFINITY, f64::min)
}

/// The C program over libxml2, built for this run.
struct Libxml2 {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Libxml2 {
    fn start(folder: &Path, list: &Path) -> Self {
        let program = folder.join("uris");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/uris.c");
        let flags = Command::new("pkg-config")
            .args(["--cflags", "--libs", "libxml-2.0"])
            .output()
            .expect("pkg-config is installed");
        assert!(flags.status.success(), "libxml2-dev is installed");
        let built = Command::new("cc")
            .arg("-O2")
            .arg(source)
            .arg("-o")
            .arg(&program)
            .args(String::from_utf8(flags.stdout).unwrap().split_whitespace())
            .status()
            .expect("cc is installed");
        assert!(built.success());
        let mut child = Command::new(program)
            .arg(list)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (asks, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, asks, answers: BufReader::new(answers) }
    }

    fn round(&mut self) -> f64 {
        writeln!(self.asks, "{PASSES}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim().parse().expect("libxml2 takes every URI of the list")
    }
}

impl Drop for Libxml2 {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
