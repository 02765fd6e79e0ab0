//! Hosts as namespaces: each has its own network, processes, /run, /etc and users.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::contract;

/// Where the hosts find each other.
pub(crate) const CLIENT: &str = "192.0.2.1";
pub(crate) const SERVER: &str = "192.0.2.2";
/// The account on both hosts.
pub(crate) const USER: &str = "joe";

/// What runs first in a host: its own /run, a layer over /etc, its own state of libvirt.
const BOOT: &str = "set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mount -t overlay overlay -o lowerdir=/etc,upperdir=$1/etc,workdir=$1/work /etc
for folder in /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do mount -t tmpfs tmpfs $folder; done
mkdir -p /run/sshd /etc/pki
rm -rf /etc/pki/*
printf 'hosts: files dns\\npasswd: files\\ngroup: files\\nshadow: files\\n' > /etc/nsswitch.conf
printf '127.0.0.1 localhost\\n::1 localhost\\n192.0.2.1 client.test\\n192.0.2.2 server.test\\n' > /etc/hosts
printf 'nameserver 127.0.0.1\\n' > /etc/resolv.conf
rm -f /etc/ssh/ssh_known_hosts /etc/libvirt/libvirt.conf
touch /run/virt-doctor
mount --bind $2 /run/virt-doctor
ip link set lo up
";

/// The first process of most hosts.
const SLEEP: &str = "echo ready\nexec sleep infinity\n";
/// systemd, without anything of the machine that it could change.
const SYSTEMD: &str = include_str!("systemd.sh");

/// What a host's first process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum First {
    Sleep,
    Systemd,
}

/// A machine of the lab.
pub(crate) struct Host {
    holder: Child,
    /// The first process within.
    pid: u32,
    /// What enters the host to run a server there.
    servers: RefCell<Vec<Child>>,
    pub(crate) folder: PathBuf,
    /// The control group of a host that systemd runs.
    group: Option<String>,
}

impl Host {
    fn boot(folder: PathBuf, first: First) -> Self {
        for name in ["etc", "work", "home", "bin"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let group = folder.iter().rev().take(2).map(|name| name.to_string_lossy().into_owned());
        let group = group.collect::<Vec<_>>().join(".");
        let rest = if first == First::Systemd { SYSTEMD } else { SLEEP };
        let mut holder = Command::new("unshare")
            .args(["-m", "-n", "-p", "-f", "--kill-child", "--mount-proc", "sh", "-c"])
            .arg(format!("{BOOT}{rest}"))
            .arg("boot")
            .arg(&folder)
            .arg(env!("CARGO_BIN_EXE_virt-doctor"))
            .arg(&group)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("util-linux is installed");
        let mut line = String::new();
        BufReader::new(holder.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n", "the lab needs root and overlay mounts");
        let children =
            fs::read_to_string(format!("/proc/{0}/task/{0}/children", holder.id())).unwrap();
        let pid = children.split_whitespace().next().unwrap().parse().unwrap();
        let group = (first == First::Systemd).then_some(group);
        let host = Self { holder, pid, servers: RefCell::default(), folder, group };
        if first == First::Systemd {
            host.until("systemctl is-active -q lab.target");
        }
        host.sh(&format!(
            "useradd -m -d {}/home/{USER} -s /bin/sh {USER} && usermod -p '*' {USER}",
            host.folder.display()
        ));
        host
    }

    /// A command within the host, as root.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.pid.to_string(), "-m", "-n", "-p", "--", program]);
        command
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env_remove("SSH_AUTH_SOCK");
        command
    }

    /// Runs a shell script as root; it must succeed.
    pub(crate) fn sh(&self, script: &str) -> String {
        let output =
            self.command("timeout").args(["60", "sh", "-ec", script]).stdin(Stdio::null()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Starts a server; it ends with the host.
    pub(crate) fn serve(&self, script: &str) {
        let log = fs::File::create(self.folder.join("servers.log")).unwrap();
        let mut command = self.command("sh");
        command.args(["-c", &format!("exec {script}")]).stdin(Stdio::null());
        let child = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        self.servers.borrow_mut().push(child);
    }

    /// Waits until a condition of the shell holds.
    pub(crate) fn until(&self, condition: &str) {
        let start = Instant::now();
        loop {
            let output =
                self.command("sh").args(["-c", condition]).stdin(Stdio::null()).output().unwrap();
            if output.status.success() {
                return;
            }
            let log = fs::read_to_string(self.folder.join("servers.log")).unwrap_or_default();
            assert!(start.elapsed() < Duration::from_secs(20), "never: {condition}\n{log}");
            sleep(Duration::from_millis(30));
        }
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.folder.join("home").join(USER)
    }

    /// Writes a file of the user.
    pub(crate) fn write_home(&self, name: &str, text: &str, mode: u32) {
        let path = self.home().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        self.sh(&format!("chown -R {USER}:{USER} {}", self.home().display()));
    }

    /// A command as the user, with nothing in its environment but what a login has.
    pub(crate) fn as_user(
        &self,
        environment: &[(&str, &str)],
        program: &str,
        arguments: &[&str],
    ) -> Output {
        let mut command = self.command("setpriv");
        command.args(["--reuid", USER, "--regid", USER, "--init-groups", "env", "-i"]);
        command.arg(format!("HOME={}", self.home().display())).arg(format!("USER={USER}"));
        command.arg("PATH=/usr/local/bin:/usr/bin:/bin");
        command.args(environment.iter().map(|(name, value)| format!("{name}={value}")));
        command.arg(program).args(arguments).stdin(Stdio::null());
        command.current_dir("/").output().unwrap()
    }

    /// What `check` says as the user.
    pub(crate) fn check(&self, environment: &[(&str, &str)], arguments: &[&str]) -> Checked {
        let all: Vec<&str> =
            ["check", "--format", "json"].iter().chain(arguments).copied().collect();
        let start = Instant::now();
        let output = self.as_user(environment, PROGRAM, &all);
        Checked::new(&output, start.elapsed())
    }

    /// The same as root.
    pub(crate) fn check_as_root(&self, arguments: &[&str]) -> Checked {
        let start = Instant::now();
        let output = self
            .command(PROGRAM)
            .args(["check", "--format", "json"])
            .args(arguments)
            .stdin(Stdio::null())
            .output();
        Checked::new(&output.unwrap(), start.elapsed())
    }

    /// What the real virsh says as the user.
    pub(crate) fn virsh(&self, environment: &[(&str, &str)], uri: &str) -> Result<String, String> {
        virsh_said(&self.as_user(environment, "virsh", &["-c", uri, "uri"]))
    }

    /// The same with any words.
    pub(crate) fn virsh_words(&self, words: &[&str]) -> Result<String, String> {
        virsh_said(&self.as_user(&[], "virsh", words))
    }

    /// The same as root.
    pub(crate) fn virsh_as_root(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = self.command("virsh");
        virsh_said(&command.args(arguments).arg("uri").stdin(Stdio::null()).output().unwrap())
    }
}

/// The URI, or the client's words without what stands before every one of them.
fn virsh_said(output: &Output) -> Result<String, String> {
    let text =
        |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "\n").trim().to_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let said = text(&output.stderr);
    Err(core_words(&said))
}

/// The client's words without what libvirt logs, and what stands before every one of them.
pub(crate) fn core_words(said: &str) -> String {
    let is_log = |line: &&str| line.starts_with("20") && line.contains("+0000: ");
    let words = said.lines().filter(|line| !is_log(line)).collect::<Vec<_>>().join("\n");
    // libxml2 says something of its own before.
    let core = words.split_once("error: failed to connect to the hypervisor\n");
    core.map_or(words.as_str(), |core| core.1).trim_start_matches("error: ").trim_end().to_owned()
}

impl Drop for Host {
    fn drop(&mut self) {
        // --kill-child ends the first process, and with it every process within.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
        // nsenter stops itself where its child was stopped: end it, too.
        for server in self.servers.get_mut() {
            let _ = server.kill();
            let _ = server.wait();
        }
        if let Some(group) = &self.group {
            // Its control groups can be removed once the last process is gone.
            let script = format!(
                "mount -t cgroup2 cgroup2 /mnt; for turn in 1 2 3 4 5 6 7 8 9; do find /mnt/{group} -depth -type d -exec rmdir {{}} + 2>/dev/null && exit; sleep 0.1; done"
            );
            let _ = Command::new("unshare").args(["-m", "sh", "-c", &script]).status();
        }
    }
}

/// The command, where an ordinary user of a host may run it.
pub(crate) const PROGRAM: &str = "/run/virt-doctor";

/// Two hosts on one network.
pub(crate) struct Lab {
    pub(crate) client: Host,
    pub(crate) server: Host,
    _folder: tempfile::TempDir,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self::begun_by(First::Sleep, First::Sleep)
    }

    /// With these first processes on client and server.
    pub(crate) fn begun_by(on_client: First, on_server: First) -> Self {
        let folder = tempfile::Builder::new().prefix("vd-lab-").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let client = Host::boot(folder.path().join("client"), on_client);
        let server = Host::boot(folder.path().join("server"), on_server);
        let within = |host: &Host| ["-t".to_owned(), host.pid.to_string(), "-n".to_owned()];
        let ip = |host: &Host, arguments: &str| {
            let status = Command::new("nsenter")
                .args(within(host))
                .arg("ip")
                .args(arguments.split(' '))
                .status()
                .unwrap();
            assert!(status.success(), "ip {arguments}");
        };
        ip(&client, &format!("link add eth0 type veth peer name eth0 netns {}", server.pid));
        for (host, own) in [(&client, CLIENT), (&server, SERVER)] {
            ip(host, &format!("addr add {own}/24 dev eth0"));
            ip(host, "link set eth0 up");
        }
        Self { client, server, _folder: folder }
    }

    /// sshd on the server with a key of the client's user allowed. `more` are
    /// further lines of its configuration.
    pub(crate) fn with_sshd(self, more: &str) -> Self {
        let folder = self.server.folder.clone();
        let shown = folder.display();
        self.server.sh(&format!("ssh-keygen -q -t ed25519 -N '' -f {shown}/host_key"));
        let defaults = [
            ("HostKey", format!("{shown}/host_key")),
            ("UsePAM", "no".to_owned()),
            ("StrictModes", "no".to_owned()),
            ("PidFile", "none".to_owned()),
            ("AuthorizedKeysFile", format!("{shown}/authorized_keys")),
            ("PasswordAuthentication", "no".to_owned()),
            ("KbdInteractiveAuthentication", "no".to_owned()),
        ];
        // The first of two equal keys counts, and what follows a Match is under it.
        let (global, matched) = more.split_at(more.find("Match ").unwrap_or(more.len()));
        let lines = defaults.iter().filter(|(key, _)| !global.contains(key));
        let lines: Vec<String> = lines.map(|(key, value)| format!("{key} {value}")).collect();
        let config = format!("{}\n{global}\n{matched}\n", lines.join("\n"));
        fs::write(folder.join("sshd_config"), config).unwrap();
        fs::write(folder.join("authorized_keys"), "").unwrap();
        self.server.serve(&format!("/usr/sbin/sshd -D -e -f {shown}/sshd_config"));
        self.server.until("ss -ltn | grep -q ':22 '");
        self
    }

    /// A key for the client's user that the server takes.
    pub(crate) fn with_key(self) -> Self {
        self.client.sh(&format!(
            "mkdir -p {0}/.ssh && ssh-keygen -q -t ed25519 -N '' -C joe@client -f {0}/.ssh/id_ed25519 && chown -R {USER}:{USER} {0}/.ssh && chmod 700 {0}/.ssh",
            self.client.home().display()
        ));
        let public = fs::read_to_string(self.client.home().join(".ssh/id_ed25519.pub")).unwrap();
        fs::write(self.server.folder.join("authorized_keys"), public).unwrap();
        self
    }

    /// The server's host key in the client's known_hosts.
    pub(crate) fn with_known_host(self) -> Self {
        let key = fs::read_to_string(self.server.folder.join("host_key.pub")).unwrap();
        self.client.write_home(".ssh/known_hosts", &format!("{SERVER},server.test {key}"), 0o600);
        self
    }

    /// libvirtd on the server: UNIX socket, TCP without a login.
    pub(crate) fn with_libvirtd(self, more: &str) -> Self {
        self.server.libvirtd(more);
        self
    }
}

impl Host {
    /// libvirtd on this host, its socket open to everybody unless `more` says otherwise.
    pub(crate) fn libvirtd(&self, more: &str) {
        self.libvirtd_by("", more);
    }

    /// The same, started by another program.
    pub(crate) fn libvirtd_by(&self, starter: &str, more: &str) {
        let defaults = [
            ("listen_tls", "0"),
            ("listen_tcp", "1"),
            ("auth_tcp", "\"none\""),
            ("auth_unix_rw", "\"none\""),
            ("auth_unix_ro", "\"none\""),
            ("unix_sock_rw_perms", "\"0777\""),
        ];
        // The first of two equal keys counts: what the test says is not repeated.
        let lines = defaults
            .iter()
            .filter(|(key, _)| !more.contains(key))
            .map(|(key, value)| format!("{key} = {value}\n"));
        let config = lines.collect::<String>() + more + "\n";
        fs::write(self.folder.join("libvirtd.conf"), config).unwrap();
        self.serve(&format!(
            "{starter} /usr/sbin/libvirtd -f {0}/libvirtd.conf --listen -p {0}/libvirtd.pid",
            self.folder.display()
        ));
        self.until("test -S /run/libvirt/libvirt-sock && ss -ltn | grep -q ':16509 '");
    }

    /// A folder with these programs and nothing else, as links; `name=target` for another one.
    pub(crate) fn programs(&self, names: &[&str]) -> String {
        let folder = self.folder.join("bin");
        for name in names {
            let (name, target) = name
                .split_once('=')
                .map_or_else(|| (*name, which(name)), |(name, target)| (name, target.to_owned()));
            let _ = fs::remove_file(folder.join(name));
            std::os::unix::fs::symlink(target, folder.join(name)).unwrap();
        }
        folder.to_string_lossy().into_owned()
    }
}

/// What a login shell needs for libvirt's command and for ours, without nc and helper.
pub(crate) const BASICS: [&str; 9] =
    ["sh", "which", "grep", "id", "ls", "head", "readlink", "cat", "test"];

fn which(name: &str) -> String {
    ["/usr/bin", "/bin", "/usr/sbin"]
        .iter()
        .map(|folder| format!("{folder}/{name}"))
        .find(|path| Path::new(path).exists())
        .unwrap()
}

/// The answer of one check.
pub(crate) struct Checked {
    pub(crate) document: Value,
    pub(crate) code: i32,
    pub(crate) took: Duration,
    pub(crate) stderr: String,
}

impl Checked {
    fn new(output: &Output, took: Duration) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{error}: {}{stderr}", String::from_utf8_lossy(&output.stdout))
        });
        contract::assert_valid("check_document", &document);
        Self { document, code: output.status.code().unwrap_or(-1), took, stderr }
    }

    pub(crate) fn target(&self) -> &Value {
        &self.document["targets"][0]
    }

    pub(crate) fn hop(&self, name: &str) -> &Value {
        let hops = self.target()["hops"].as_array().unwrap();
        hops.iter().find(|hop| hop["hop"] == name).unwrap_or(&Value::Null)
    }

    pub(crate) fn statuses(&self) -> Vec<String> {
        let hops = self.target()["hops"].as_array().unwrap();
        hops.iter()
            .map(|hop| {
                format!("{} {}", hop["hop"].as_str().unwrap(), hop["status"].as_str().unwrap())
            })
            .collect()
    }

    /// The connection works, and the command says so.
    #[track_caller]
    pub(crate) fn assert_ok(&self) {
        assert_eq!(self.target()["verdict"], "ok", "{:#}", self.document);
        assert_eq!(self.target()["cause"], Value::Null);
        assert_eq!(self.code, 0, "{}", self.stderr);
    }

    /// It fails, for this reason.
    #[track_caller]
    pub(crate) fn assert_cause(&self, rule: &str) {
        assert_eq!(self.target()["cause"], rule, "{:#}", self.document);
        assert_eq!(self.target()["verdict"], "fails");
        assert_eq!(self.code, 1, "{}", self.stderr);
    }

    /// The finding that is the cause.
    pub(crate) fn cause(&self) -> &Value {
        let at = self.target()["causes"][0]["finding"].as_u64().expect("there is a cause");
        &self.target()["findings"][usize::try_from(at).unwrap()]
    }

    /// What virsh would say, as the cause has it.
    pub(crate) fn quote(&self) -> String {
        self.cause()["virsh"]["message"].as_str().unwrap_or_default().trim().to_owned()
    }
}
