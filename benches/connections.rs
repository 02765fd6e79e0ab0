//! Healthy connections, whole commands in one run: `virsh -c URI uri` against
//! `virt-doctor check URI`, over UNIX socket, TCP, TLS and ssh.
//!
//! `cargo bench --bench connections` as root, with the servers of the tests installed.
//! The hosts are those of the tests: namespaces that go with the measurement.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::exit,
    reason = "a measurement prints, and should end where it meets the unexpected"
)]

#[path = "../tests/support/contract.rs"]
#[allow(dead_code, reason = "shared with the tests on real servers")]
mod contract;
#[path = "../tests/live/lab.rs"]
#[allow(dead_code, reason = "shared with the tests on real servers")]
mod lab;

use std::env;
use std::process::{Command, Stdio};
use std::time::Instant;

use lab::{Lab, PROGRAM, SERVER};

/// The connection to measure; set where this program runs as the user of a host.
const URI: &str = "VIRT_DOCTOR_BENCH_URI";
/// How often.
const RUNS: &str = "VIRT_DOCTOR_BENCH_RUNS";
/// This program, where the user of a host finds it.
const WITHIN: &str = "/run/bench";

/// Certificates for the server and the user, by the functions of the faults.
const CERTIFICATES: &str = include_str!("../tests/faults/pki.sh");

fn main() {
    if let Ok(uri) = env::var(URI) {
        return measure(&uri, env::var(RUNS).unwrap().parse().unwrap());
    }
    let lab = Lab::new().with_sshd("").with_key().with_known_host();
    let pki = certificates(&lab);
    lab.server.libvirtd(&format!(
        "listen_tls = 1\nauth_tls = \"none\"\nca_file = \"{pki}/ca.pem\"\ncert_file = \"{pki}/server.pem\"\nkey_file = \"{pki}/server.key\""
    ));
    lab.client.libvirtd("");
    let itself = env::current_exe().unwrap();
    lab.client.sh(&format!("touch {WITHIN} && mount --bind {} {WITHIN}", itself.display()));
    println!("{:<44} {:>9} {:>9}   ratio", "", "check", "virsh");
    for (uri, runs, most) in [
        ("qemu:///system".to_owned(), 100, 1.0),
        (format!("qemu+tcp://{SERVER}/system"), 100, 1.0),
        (format!("qemu+tls://{SERVER}/system"), 50, 1.3),
        (format!("qemu+ssh://{SERVER}/system"), 25, 1.3),
        (format!("qemu+ssh://{SERVER}/system?proxy=netcat"), 25, 1.3),
    ] {
        let runs = runs.to_string();
        let output = lab.client.as_user(&[(URI, &uri), (RUNS, &runs)], WITHIN, &[]);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{uri}: {}", String::from_utf8_lossy(&output.stderr));
        let times: Vec<f64> = said.split_whitespace().map(|word| word.parse().unwrap()).collect();
        let ratio = times[0] / times[1];
        let kept = if ratio <= most { "kept" } else { "BROKEN" };
        println!(
            "{uri:<44} {:>6.1} ms {:>6.1} ms   {ratio:>5.2}, at most {most}: {kept}",
            times[0], times[1]
        );
    }
}

/// The folder of the server's certificates; the user's own lie where the client looks.
fn certificates(lab: &Lab) -> String {
    let folder = lab.server.folder.join("pki");
    let pki = folder.to_string_lossy().into_owned();
    lab.server.sh(&format!(
        "HERE={pki}\nPKI={pki}\nmkdir -p $PKI\n{CERTIFICATES}\nauthority\nserver_certificate\n"
    ));
    lab.client.sh(&format!(
        "HERE={pki}\nPKI={pki}\nmkdir -p $PKI\n{CERTIFICATES}\nclient_certificate\ninstall_client\n"
    ));
    pki
}

/// Both in turn, so that whatever else the machine does meets both; prints the medians
/// in milliseconds, ours first.
fn measure(uri: &str, runs: usize) {
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        peer.push(time("virsh", &["-c", uri, "uri"]));
        ours.push(time(PROGRAM, &["check", uri]));
    }
    println!("{} {}", median(ours), median(peer));
}

/// One run that must succeed, in milliseconds.
fn time(program: &str, arguments: &[&str]) -> f64 {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    assert!(command.status().unwrap().success(), "{program} {arguments:?}");
    start.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
