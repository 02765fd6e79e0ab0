//! Field by field: the plan against what virsh did.

use std::fmt;

use bstr::ByteSlice as _;
use serde_json::Value;

use crate::planned::Planned;
use crate::text::Text;
use crate::virsh::{End, Seen};

/// libvirt's own order, which its log counts in.
const TRANSPORTS: [&str; 7] = ["tls", "unix", "ssh", "libssh2", "ext", "tcp", "libssh"];

/// Errors of what comes after the client's own reading: it found no file, no
/// program, no host, no daemon. Beginnings.
const LATER: &[&str] = &[
    "Failed to connect socket to '",
    "unable to connect to server at '",
    "Unable to resolve address '",
    "Cannot read CA certificate '",
    "Unable to import ",
    "Unable to set x509 ",
    "Failed to set TLS session priority",
    "The CA certificate ",
    "Cannot recv data: ",
    "Cannot write data: ",
    "End of file while reading data",
    "End of file while writing data",
    "Cannot find '",
    "Path ",
    "internal error: client socket is closed",
    "binary '",
];

/// The same for drivers within the client.
const LATER_IN_PROCESS: &[&str] = &[
    "XML error: failed to parse xml document '",
    "Failed to open file '",
    "internal error: OpenVZ control file",
    "internal error: vmrun utility is missing",
    "internal error: IP address lookup for host '",
    "Failed to create state dir ",
    "cannot create config directory '",
    "internal error: No access manager registered",
];

/// One thing that the two do not agree on.
pub(crate) struct Difference {
    field: &'static str,
    plan: String,
    virsh: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: plan {}, virsh {}", self.field, self.plan, self.virsh)
    }
}

/// Compares one URI; `program` is what stands for ssh.
pub(crate) fn compare(plan: &Planned, seen: &Seen) -> Vec<Difference> {
    let mut comparison = Comparison { plan, seen, found: Vec::new() };
    comparison.parts();
    comparison.outcome();
    if plan.is("outcome", "daemon") {
        comparison.way();
        comparison.socket();
        comparison.endpoint();
        comparison.ssh();
        comparison.tls();
    }
    comparison.found
}

struct Comparison<'c> {
    plan: &'c Planned,
    seen: &'c Seen,
    found: Vec<Difference>,
}

impl Comparison<'_> {
    fn differ(&mut self, field: &'static str, plan: impl fmt::Debug, virsh: impl fmt::Debug) {
        self.found.push(Difference {
            field,
            plan: format!("{plan:?}"),
            virsh: format!("{virsh:?}"),
        });
    }

    fn same<T: fmt::Debug + PartialEq>(&mut self, field: &'static str, plan: T, virsh: T) {
        if plan != virsh {
            self.differ(field, plan, virsh);
        }
    }

    /// A text field; the plan shows no secrets.
    fn same_text(&mut self, field: &'static str, virsh: Option<&Text>) {
        let plan = self.plan.text(field);
        let agree = match (&plan, virsh) {
            (Some(plan), Some(virsh)) => covers(plan, &virsh.0),
            (None, None) => true,
            _ => false,
        };
        if !agree {
            self.differ(field, plan.as_deref().map(Text::from), virsh);
        }
    }

    fn parts(&mut self) {
        let Some(parts) = &self.seen.parts else { return };
        self.same_text("host", parts.host.as_ref());
        self.same_text("user", parts.user.as_ref());
        self.same_text("path", parts.path.as_ref());
        self.same("port", self.plan.number("port").unwrap_or(0), parts.port);
    }

    fn outcome(&mut self) {
        let (plan, seen) = (self.plan, self.seen);
        let error = match &seen.end {
            End::Error(error) => Some(error.0.as_slice()),
            _ => None,
        };
        let later = |list: &[&str]| match error {
            Some(error) => list.iter().any(|beginning| error.starts_with(beginning.as_bytes())),
            None => matches!(seen.end, End::Open | End::Spawning | End::BrokenPipe),
        };
        let agree = match plan.field("outcome").as_str().unwrap() {
            "crashes" => seen.end == End::Crash,
            "rejected" => match (error, plan.text("error")) {
                (Some(error), Some(planned)) => {
                    covers(&planned, error)
                        || (is_embedded(plan) && error.ends_with(NO_MODULE[1].as_bytes()))
                }
                _ => false,
            },
            "in-process" if is_embedded(plan) => {
                later(LATER_IN_PROCESS)
                    || error.is_some_and(|error| error.starts_with(NO_MODULE[0].as_bytes()))
            }
            "in-process" => seen.in_process && (later(LATER_IN_PROCESS) || self.names_file()),
            "daemon" => seen.transport.is_some() && (later(LATER) || self.lacks_zone()),
            _ => false,
        };
        if !agree {
            let error = plan.text("error").map(Text);
            self.differ("outcome", (plan.field("outcome").as_str(), error), &seen.end);
        }
    }

    /// Whether libssh may have refused an IPv6 zone that is no interface here; the
    /// plan knows of no interfaces.
    fn lacks_zone(&self) -> bool {
        let host = self.plan.text("effective_host").unwrap_or_default();
        let cause_unknown = Text::from(b"An error occurred, but the cause is unknown".as_slice());
        self.plan.is("transport", "libssh")
            && host.contains(&b'%')
            && self.seen.end == End::Error(cause_unknown)
    }

    /// Whether the error is about what is in the file of the test driver.
    fn names_file(&self) -> bool {
        let file = [self.plan.text("path").unwrap_or_default().as_slice(), b":"].concat();
        matches!(&self.seen.end, End::Error(error) if error.0.starts_with(&file))
    }

    /// Transport, and what the server is told.
    fn way(&mut self) {
        let transport = self.seen.transport.and_then(|number| TRANSPORTS.get(number).copied());
        self.same("transport", self.plan.field("transport").as_str(), transport);
        self.same_text("remote_name", self.seen.name.as_ref());
        let planned = self.plan.forwarded();
        if !cover_all(&planned, &self.seen.forwarded) {
            self.differ("parameters", texts(planned), &self.seen.forwarded);
        }
    }

    fn socket(&mut self) {
        // The log has the parameter even where the transport has no use for it.
        if !["tls", "tcp", "ext"].iter().any(|word| self.plan.is("transport", word)) {
            self.same_text("socket", self.seen.socket.as_ref());
        }
        let Some(choice) = &self.seen.choice else { return };
        self.same("mode", self.plan.field("mode").as_str(), Some(choice.mode.as_str()));
        let daemon = choice.daemon.as_deref().and_then(|path| path.rsplit('/').next());
        self.same("autostart", self.plan.field("autostart").as_str(), daemon);
        for (field, flag) in [("readonly", 1), ("user_session", 2)] {
            let plan = self.plan.field(field).as_bool();
            self.same(field, plan, Some(choice.flags & flag != 0));
        }
    }

    /// Host and port, by the error of the attempt.
    fn endpoint(&mut self) {
        let End::Error(error) = &self.seen.end else { return };
        let port = self.plan.number("effective_port");
        let port = port.map(|port| port.to_string()).unwrap_or_default();
        let host = self.plan.text("effective_host").unwrap_or_default();
        let expected: [Vec<u8>; 2] = [
            [b"unable to connect to server at '", host.as_slice(), b":", port.as_bytes(), b"': "]
                .concat(),
            [
                b"Unable to resolve address '",
                host.as_slice(),
                b"' service '",
                port.as_bytes(),
                b"': ",
            ]
            .concat(),
        ];
        let dialled =
            ["tcp", "libssh", "libssh2"].iter().any(|word| self.plan.is("transport", word))
                || error.0.starts_with(b"unable to connect to server")
                || error.0.starts_with(b"Unable to resolve address");
        let agree = expected.iter().any(|text| begins(text, &error.0));
        if dialled && !agree && !self.lacks_zone() {
            self.differ("effective host and port", (Text(host), port), error);
        }
    }

    fn ssh(&mut self) {
        if !self.plan.is("transport", "ssh") {
            return;
        }
        let plan = self.plan.ssh();
        if self.seen.ssh.is_empty() {
            // Only a program that is not there leaves no trace.
            let there = ["ssh", "other-ssh", "/run/lab/bin/ssh", "/run/lab/bin/other-ssh"];
            if there.iter().any(|program| plan.first().is_some_and(|own| own == program.as_bytes()))
            {
                self.differ("ssh", texts(plan), "not started");
            }
            return;
        }
        // Where the program was found in PATH is not the plan's matter.
        let file = |program: &[u8]| program.rsplit(|byte| *byte == b'/').next().map(<[u8]>::to_vec);
        let (program, arguments) = (&self.seen.ssh[0], &self.seen.ssh[1..]);
        let same_program = plan.first().and_then(|own| file(own)) == file(&program.0);
        if !same_program || !cover_all(plan.get(1..).unwrap_or_default(), arguments) {
            self.differ("ssh", texts(plan), &self.seen.ssh);
        }
    }

    fn tls(&mut self) {
        if !self.plan.is("transport", "tls") {
            return;
        }
        for (what, path) in &self.seen.tls {
            let plan = self.plan.text(&format!("tls.{what}")).unwrap_or_default();
            if !covers(&plan, &path.0) {
                self.differ("tls", (what, Text(plan)), path);
            }
        }
        let End::Error(error) = &self.seen.end else { return };
        for (beginning, file) in [
            ("Cannot read CA certificate '", "tls.ca"),
            ("Unable to import client certificate ", "tls.cert"),
            ("Unable to set x509 key and certificate: ", "tls.key"),
            ("Failed to set TLS session priority to ", "tls.priority"),
        ] {
            let path = self.plan.text(file).unwrap_or_default();
            if error.0.starts_with(beginning.as_bytes())
                && !begins(&[beginning.as_bytes(), path.as_slice()].concat(), &error.0)
            {
                self.differ("tls", (file, Text(path)), error);
            }
        }
    }
}

/// What libvirt says where the daemon's package, which has the modules of
/// embedded drivers, is not installed; and where a module cannot be embedded.
const NO_MODULE: [&str; 2] =
    ["no connection driver available for ", "Driver does not support embedded mode"];

fn is_embedded(plan: &Planned) -> bool {
    plan.field("path") == &Value::from("/embed")
}

/// Whether the two are the same; `***` stands for a secret of any length.
fn covers(plan: &[u8], seen: &[u8]) -> bool {
    let mut parts = plan.split_str("***");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = seen.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
        last = Some(part);
    }
    match last {
        Some(last) => rest.is_empty() || last.is_empty() || rest.ends_with(last),
        None => rest.is_empty(),
    }
}

/// Whether `seen` begins with `plan`.
fn begins(plan: &[u8], seen: &[u8]) -> bool {
    seen.starts_with(plan) || plan.contains_str("***")
}

fn cover_all(plan: &[Vec<u8>], seen: &[Text]) -> bool {
    plan.len() == seen.len() && plan.iter().zip(seen).all(|(plan, seen)| covers(plan, &seen.0))
}

fn texts(plan: Vec<Vec<u8>>) -> Vec<Text> {
    plan.into_iter().map(Text).collect()
}

#[test]
fn a_secret_covers_anything_and_nothing_else_does() {
    assert!(covers(b"a***b***", b"axyzbq"));
    assert!(covers(b"a***b", b"axbyb"));
    for (plan, seen) in [("a***b", "axbc"), ("a***b", "xb"), ("a", "b"), ("a", "ab")] {
        assert!(!covers(plan.as_bytes(), seen.as_bytes()), "{plan} {seen}");
    }
}
