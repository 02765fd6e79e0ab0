//! What reading files costs: an inventory of one million URIs, and a folder of 20,000 small
//! files, linted with every rule on, beside ripgrep, which only counts what looks like a
//! URI in them.
//!
//! `cargo bench --bench files`, with ripgrep installed. Both commands run in turn on the
//! same files and the same two processors; each line of the table is the fastest run.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::exit,
    reason = "a measurement prints, and should end where it meets the unexpected"
)]

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::unistd::Pid;

const DOCTOR: &str = env!("CARGO_BIN_EXE_virt-doctor");
/// What looks like a URI.
const PATTERN: &str = r"[a-z]+(\+[a-z0-9]+)?://";
/// How often each command runs.
const ROUNDS: usize = 7;
/// On how many processors.
const PROCESSORS: usize = 2;

const HOSTS: usize = 1_000_000;
/// One host in so many has a mistake in its URI.
const MISTAKE_EVERY: usize = 1000;

const FOLDERS: usize = 200;
const FILES: usize = 20_000;
/// One file in so many holds a URI.
const CANDIDATE_EVERY: usize = 20;

/// Makes of this program the one that runs and measures a single command: what the system
/// says of a process's memory is said of all its children together.
const MEASURES: &str = "VIRT_DOCTOR_BENCH_MEASURES";

fn main() {
    if env::var_os(MEASURES).is_some() {
        return measure();
    }
    if Command::new("rg").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!(
            "ripgrep is not installed: there is nothing to compare with (apt install ripgrep)"
        );
        std::process::exit(2);
    }
    let processors = keep_to_processors();
    let folder = tempfile::tempdir().unwrap();
    let hosts = folder.path().join("hosts.yml");
    write_hosts(&hosts);
    let small = folder.path().join("small");
    write_small_files(&small);
    let length = fs::metadata(&hosts).unwrap().len();
    println!("{processors} processors, the fastest of {ROUNDS} runs");
    let ratio = compare("1,000,000 URIs in a file", &hosts);
    verdict("at most 30 times ripgrep's time", ratio.time <= 30.0);
    verdict("the moonshot: 10 times", ratio.time <= 10.0);
    let share = mebibytes(ratio.memory) / mebibytes(length);
    println!("  {:.2} times the file's {:.0} MB in memory", share, as_f64(length) / 1e6);
    verdict("less than twice the file", share < 2.0);
    let ratio = compare("20,000 small files", &small);
    verdict("at most 3 times ripgrep's time", ratio.time <= 3.0);
}

fn verdict(promise: &str, kept: bool) {
    println!("  {promise}: {}", if kept { "kept" } else { "BROKEN" });
}

/// What a run took.
#[derive(Clone, Copy)]
struct Cost {
    /// Milliseconds; in a comparison, ours for each of the other's.
    time: f64,
    /// The most that was in memory, in bytes.
    memory: u64,
}

/// Both commands on a file or folder, in turn.
fn compare(what: &str, path: &Path) -> Cost {
    let path = path.to_str().unwrap();
    let lint = ["lint", "--format", "concise", path];
    let search = ["--no-config", "-c", PATTERN, path];
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(run("rg", &search));
        ours.push(run(DOCTOR, &lint));
    }
    println!("{what}: {}", summary(path));
    let [ours, theirs] = [ours, theirs].map(|costs| {
        let memory = costs.iter().map(|cost| cost.memory).max().unwrap();
        Cost { time: costs.iter().map(|cost| cost.time).fold(f64::INFINITY, f64::min), memory }
    });
    for (name, cost) in [("ripgrep", theirs), ("virt-doctor lint", ours)] {
        let (time, memory) = (cost.time, mebibytes(cost.memory));
        println!("  {name:<17} {time:>9.1} ms   at most {memory:>6.1} MiB in memory");
    }
    let time = ours.time / theirs.time;
    println!("  {time:.2} times ripgrep's time");
    Cost { time, memory: ours.memory }
}

/// The last lines of our report.
fn summary(path: &str) -> String {
    let ran = Command::new(DOCTOR).args(["lint", path]).output().unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    let line = text.lines().rev().find(|line| line.contains(" URI")).unwrap();
    line.to_owned()
}

fn run(program: &str, arguments: &[&str]) -> Cost {
    let mut command = Command::new(env::current_exe().unwrap());
    let ran = command.env(MEASURES, "1").arg(program).args(arguments).output().unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    let (time, memory) = text.trim().split_once(' ').unwrap();
    Cost { time: time.parse().unwrap(), memory: memory.parse().unwrap() }
}

/// Runs the command of the arguments and prints its milliseconds and bytes.
fn measure() {
    let mut arguments = env::args_os().skip(1);
    let mut command = Command::new(arguments.next().unwrap());
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).env("HOME", "/nowhere");
    let start = Instant::now();
    let status = command.status().unwrap();
    let time = start.elapsed().as_secs_f64() * 1e3;
    // Findings are no failure of the measurement.
    assert!(matches!(status.code(), Some(0 | 1)), "{status}");
    let memory = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() * 1024;
    println!("{time} {memory}");
}

/// The first two processors that this process may use, for it and all that it starts.
fn keep_to_processors() -> usize {
    let all = sched_getaffinity(Pid::from_raw(0)).unwrap();
    let mut some = CpuSet::new();
    let usable = (0..CpuSet::count()).filter(|at| all.is_set(*at).unwrap()).take(PROCESSORS);
    let count = usable.map(|at| some.set(at).unwrap()).count();
    sched_setaffinity(Pid::from_raw(0), &some).unwrap();
    count
}

fn mebibytes(bytes: u64) -> f64 {
    as_f64(bytes) / f64::from(1 << 20)
}

fn as_f64(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap())
}

/// An inventory of Ansible, as one is written by a program.
fn write_hosts(path: &Path) {
    let mut out = std::io::BufWriter::new(fs::File::create(path).unwrap());
    writeln!(out, "all:\n  hosts:").unwrap();
    for number in 0..HOSTS {
        let host = format!("kvm{number:06}.lab.example");
        let uri = match number % 10 {
            _ if number % MISTAKE_EVERY == 7 => format!("qemu+tcp://{host}/sytem"),
            0..=5 => format!("qemu+ssh://root@{host}/system"),
            6 | 7 => format!("qemu+ssh://libvirt-admin@{host}:2222/system"),
            8 => format!("qemu+tls://{host}/system"),
            _ => format!("qemu+ssh://root@{host}/system?keyfile=/etc/keys/id"),
        };
        writeln!(out, "    kvm{number:06}:\n      libvirt_uri: \"{uri}\"").unwrap();
    }
    out.flush().unwrap();
}

/// A folder as a repository has it: playbooks, code, pages, settings; few with a URI.
fn write_small_files(folder: &Path) {
    let per_folder = FILES / FOLDERS;
    for at in 0..FOLDERS {
        let sub = folder.join(format!("part{:02}", at / 20)).join(format!("role{at:03}"));
        fs::create_dir_all(&sub).unwrap();
        for file in 0..per_folder {
            let number = at * per_folder + file;
            let (name, text) = small_file(number);
            fs::write(sub.join(name), text).unwrap();
        }
    }
    fs::write(folder.join(".gitignore"), "*.retry\n/build/\n").unwrap();
}

/// The name and the text of a small file, one to two KB.
fn small_file(number: usize) -> (String, String) {
    let has_uri = number.is_multiple_of(CANDIDATE_EVERY);
    let lines = 20 + number % 20;
    let mut text = String::new();
    let (name, uri) = match number % 7 {
        0 => ("tasks.yml", "libvirt_uri: \"qemu+ssh://root@kvm1.example/system\""),
        1 => ("check.py", "CONNECTION = \"qemu:///system\""),
        2 => ("main.tf", "provider \"libvirt\" { uri = \"qemu:///system\" }"),
        3 => ("README.md", "Then `virsh -c qemu:///system list` shows it."),
        4 => ("values.json", "{\"libvirt_uri\": \"qemu+tls://kvm2.example/system\"}"),
        5 => ("run.sh", "virsh -c qemu+ssh://kvm3.example/system list --all"),
        _ => ("agent.conf", "libvirt_uri = qemu:///system"),
    };
    for line in 0..lines {
        match number % 7 {
            0 => writeln!(
                text,
                "- name: install package {line}\n  apt: name=pkg-{line} state=present"
            ),
            1 => writeln!(
                text,
                "def step_{line}(state):\n    return state.get('key-{line}', {line})"
            ),
            2 => writeln!(text, "variable \"size_{line}\" {{\n  default = {line} # GiB\n}}"),
            3 => writeln!(
                text,
                "Step {line}: see https://docs.example/page/{line} for how it is done."
            ),
            4 => writeln!(text, "  \"key-{line}\": {{\"value\": {line}, \"unit\": \"MiB\"}},"),
            5 => writeln!(text, "test -e \"/srv/data-{line}\" || mkdir \"/srv/data-{line}\""),
            _ => writeln!(text, "# what value {line} is for\nvalue_{line} = {line}"),
        }
        .unwrap();
    }
    if has_uri {
        writeln!(text, "{uri}").unwrap();
    }
    (format!("f{number:05}-{name}"), text)
}
