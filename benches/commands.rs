//! Whole commands against their peers, in one run: start-up, a check of libvirt's
//! TCP port on loopback, and the verdict on a host that swallows everything.
//!
//! `cargo bench --bench commands` as root, with libvirtd and virsh installed. It makes
//! a namespace of its own and takes everything down with it. `-- --quick` leaves out
//! the two minutes that virsh takes for the last one.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::exit,
    reason = "a measurement prints, and should end where it meets the unexpected"
)]

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const DOCTOR: &str = env!("CARGO_BIN_EXE_virt-doctor");
const INSIDE: &str = "VIRT_DOCTOR_BENCH_INSIDE";

fn main() {
    let quick = env::args().any(|argument| argument == "--quick");
    if env::var_os(INSIDE).is_none() {
        let status = Command::new("unshare")
            .args(["-m", "-n", "-p", "-f", "--kill-child", "--mount-proc"])
            .args(env::args())
            .env(INSIDE, "1")
            .status()
            .expect("util-linux is installed");
        std::process::exit(status.code().unwrap_or(2));
    }
    sh("mount --make-rprivate / && mount -t tmpfs tmpfs /run && ip link set lo up");
    sh(
        "for folder in /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do mount -t tmpfs tmpfs $folder; done",
    );
    start_up();
    loopback();
    black_hole(quick);
}

fn sh(script: &str) {
    assert!(Command::new("sh").args(["-ec", script]).status().unwrap().success(), "{script}");
}

/// One run of a command, in milliseconds.
fn time(program: &str, arguments: &[&str]) -> f64 {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    command.status().unwrap();
    start.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Both in turn, so that whatever else the machine does meets both.
fn paired(runs: usize, ours: (&str, &[&str]), peer: (&str, &[&str])) -> (f64, f64) {
    let (mut our_times, mut peer_times) = (Vec::new(), Vec::new());
    for _ in 0..runs {
        peer_times.push(time(peer.0, peer.1));
        our_times.push(time(ours.0, ours.1));
    }
    (median(our_times), median(peer_times))
}

fn row(what: &str, peer: &str, ours_ms: f64, peer_ms: f64, promise: &str, kept: bool) {
    let kept = if kept { "kept" } else { "BROKEN" };
    println!(
        "{what:<34} {ours_ms:>9.2} ms   {peer:<10} {peer_ms:>10.2} ms   ratio {:>6.3}   {promise}: {kept}",
        ours_ms / peer_ms
    );
}

fn start_up() {
    let (ours, peer) = paired(300, (DOCTOR, &["--version"]), ("/bin/true", &[]));
    row("--version", "/bin/true", ours, peer, "1.5x + 2 ms", ours <= 1.5 * peer + 2.0);
}

/// Ends with the measurement.
struct Libvirtd(Child);

impl Drop for Libvirtd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn libvirtd() -> Libvirtd {
    let config = "/run/bench-libvirtd.conf";
    fs::write(config, "listen_tls = 0\nlisten_tcp = 1\nauth_tcp = \"none\"\n").unwrap();
    let child = Command::new("/usr/sbin/libvirtd")
        .args(["-f", config, "--listen"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("libvirt-daemon is installed");
    let start = Instant::now();
    while !Path::new("/run/libvirt/libvirt-sock").exists() {
        assert!(start.elapsed() < Duration::from_secs(20), "libvirtd does not come up");
        sleep(Duration::from_millis(50));
    }
    sleep(Duration::from_secs(1));
    Libvirtd(child)
}

fn loopback() {
    let _libvirtd = libvirtd();
    let uri = "qemu+tcp://127.0.0.1/system";
    let (ours, peer) = paired(50, (DOCTOR, &["check", uri]), ("virsh", &["-c", uri, "uri"]));
    row("check of a TCP URI on loopback", "virsh", ours, peer, "faster", ours < peer);
}

fn black_hole(quick: bool) {
    // What goes to a neighbour that does not exist gets no answer, not even a refusal.
    sh("ip link add void type veth peer name sink; ip link set sink up; ip link set void up
        ip addr add 192.0.2.1/24 dev void
        ip neigh add 192.0.2.7 lladdr 02:00:00:00:00:07 dev void nud permanent");
    for transport in ["tcp", "ssh"] {
        let uri = format!("qemu+{transport}://192.0.2.7/system");
        let ours = median((0..3).map(|_| time(DOCTOR, &["check", &uri])).collect());
        let what = format!("verdict on a silent host, {transport}");
        if quick {
            println!("{what:<34} {ours:>9.2} ms   under 3 s: {}", ours < 3000.0);
        } else {
            let peer = time("virsh", &["-c", &uri, "uri"]);
            row(&what, "virsh", ours, peer, "under 3 s", ours < 3000.0);
        }
    }
}
