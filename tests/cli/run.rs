//! Runs the command, with a limit on its time and nothing of the caller's environment.

use std::fs::Permissions;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long anything may take here. What hangs is a defect.
const PATIENCE: Duration = Duration::from_secs(60);

/// One call.
pub(crate) struct Run {
    command: Command,
    stdin: Vec<u8>,
}

/// What came of it.
pub(crate) struct Ran {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        Self::through(Command::new(env!("CARGO_BIN_EXE_virt-doctor")), arguments)
    }

    /// The same through another program, which knows already what to run.
    pub(crate) fn through(mut command: Command, arguments: &[&str]) -> Self {
        command
            .args(arguments)
            .env_clear()
            .env("HOME", "/nowhere")
            .env("PATH", "/usr/local/bin:/usr/bin:/bin");
        Self { command, stdin: Vec::new() }
    }

    /// The same as an ordinary user: libvirt reads other files for root.
    pub(crate) fn as_ordinary_user(folder: &Path, arguments: &[&str]) -> Self {
        if !nix::unistd::Uid::effective().is_root() {
            return Self::new(arguments);
        }
        // The build folder may be closed to others. Another process copies: a child that
        // a test beside this one starts would inherit the open file, and an open file
        // cannot be run.
        let copy = folder.join("virt-doctor");
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_virt-doctor")).arg(&copy).status();
        assert!(copied.unwrap().success());
        std::fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", "65534", "--clear-groups"])
            .arg(copy)
            .args(arguments)
            .current_dir("/")
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin");
        Self { command, stdin: Vec::new() }
    }

    /// An argument that need not be text.
    pub(crate) fn raw_argument(mut self, bytes: &[u8]) -> Self {
        use std::os::unix::ffi::OsStrExt as _;
        self.command.arg(std::ffi::OsStr::from_bytes(bytes));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn env_remove(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.command.current_dir(folder.into());
        self
    }

    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    #[track_caller]
    pub(crate) fn run(mut self) -> Ran {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let bytes = std::mem::take(&mut self.stdin);
        thread::spawn(move || input.write_all(&bytes));
        let (sender, receiver) = mpsc::channel();
        let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let errors = thread::spawn(move || {
            let mut bytes = Vec::new();
            err.read_to_end(&mut bytes).map(|_| bytes)
        });
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = out.read_to_end(&mut bytes).map(|_| bytes);
            sender.send(read)
        });
        let Ok(stdout) = receiver.recv_timeout(PATIENCE) else {
            child.kill().unwrap();
            panic!("it hangs");
        };
        let status = child.wait().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
        Ran { status, stdout: text(stdout.unwrap()), stderr: text(errors.join().unwrap().unwrap()) }
    }
}

impl Ran {
    /// It ended with this code, without a panic.
    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32) -> &Self {
        assert_eq!(self.status.code(), Some(code), "{}\n{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn assert_says(&self, text: &str) -> &Self {
        let said = format!("{}{}", self.stdout, self.stderr);
        assert!(said.contains(text), "{text:?} is not in\n{said}");
        self
    }
}
