//! What the clients written in Go would do: go-libvirt's `ConnectToURI` and the
//! Terraform provider, before and after it was written anew.
//!
//! Source: `connect_uri.go` and `socket/dialers/` of go-libvirt (2026-02), `libvirt/uri/`
//! of the provider 0.8.3, `internal/libvirt/dialers/` of 0.9.7.

mod session;

use bstr::{BStr, BString, ByteSlice};

use super::{Effect, GoPart, GoRefusal, Outcome, Plan, Planned, Refusal, Request, Wanted, tls};
use crate::settings::{Machine, SYSTEM_SOCKETS};
use crate::tables::clients::{Client, UriDialect};
use crate::tables::parameters::Reader;
use crate::tables::transports::Transport;
use crate::uri::Uri;
use crate::uri::go::{GoUrl, Quoted};

/// Drivers that the provider takes from 0.9 on.
pub(crate) const TERRAFORM_DRIVERS: [&str; 5] = ["qemu", "lxc", "xen", "vbox", "test"];

struct Planner<'a> {
    url: GoUrl<'a>,
    dialect: UriDialect,
    machine: &'a Machine,
    plan: Plan,
}

pub(super) fn plan(
    request: Request<'_>,
    client: Client,
    dialect: UriDialect,
    machine: &Machine,
) -> Plan {
    let text = match request.wanted {
        Wanted::Uri(uri) | Wanted::Unparseable(uri) => uri.text(),
        Wanted::Nothing => b"",
    };
    // Only files are templates.
    let is_template = request.looked_up.is_none();
    let plan = Plan {
        client,
        outcome: Outcome::Daemon,
        refusal: None,
        driver: None,
        transport: None,
        user: None,
        host: None,
        port: None,
        effective_host: None,
        effective_port: None,
        path: BString::default(),
        remote_name: None,
        mode: None,
        proxy: None,
        socket: None,
        readonly: false,
        user_session: false,
        autostart: None,
        parameters: Vec::new(),
        ssh: None,
        tls: None,
    };
    match GoUrl::parse(text, is_template) {
        Ok(url) => {
            let mut planner = Planner { url, dialect, machine, plan };
            planner.parts();
            planner.dial();
            planner.plan.parameters = planner.parameters();
            planner.plan
        }
        Err(error) => {
            let uri = match request.wanted {
                Wanted::Uri(uri) | Wanted::Unparseable(uri) => Some(uri),
                Wanted::Nothing => None,
            };
            refused(plan, uri, dialect, &error.to_string())
        }
    }
}

/// Nothing is read; what the parts would be stays for the rules to look at.
fn refused(mut plan: Plan, uri: Option<&Uri<'_>>, dialect: UriDialect, error: &str) -> Plan {
    let owned = |text: &[u8]| text.as_bstr().to_owned();
    plan.driver = uri.and_then(Uri::driver).map(owned);
    plan.user = uri.and_then(Uri::user).map(|user| owned(&user));
    plan.host = uri.and_then(Uri::host).map(|host| owned(&host));
    plan.path = uri.map(|uri| owned(&uri.path())).unwrap_or_default();
    plan.transport = uri.and_then(Uri::transport_word).and_then(|word| dialect.transport(word));
    let text = match dialect {
        UriDialect::Terraform09 => format!("invalid libvirt URI: {error}"),
        _ => error.to_owned(),
    };
    plan.outcome = Outcome::Rejected;
    plan.refusal = Some(Refusal::Go(GoRefusal { text: text.into(), about: GoPart::Syntax }));
    plan
}

impl Planner<'_> {
    fn refuse(&mut self, about: GoPart, text: impl AsRef<[u8]>) {
        if self.plan.refusal.is_none() {
            let wrapper: &[u8] = match (self.dialect, about) {
                (UriDialect::Terraform08, _) => b"failed to connect: ",
                (UriDialect::Terraform09, _) => b"failed to create dialer: ",
                _ => b"",
            };
            let text = BString::from([wrapper, text.as_ref()].concat());
            self.plan.outcome = Outcome::Rejected;
            self.plan.refusal = Some(Refusal::Go(GoRefusal { text, about }));
        }
    }

    /// What stands in the URI.
    fn parts(&mut self) {
        let (driver, _) = self.scheme();
        self.plan.driver = (!self.url.scheme.is_empty()).then(|| driver.into());
        self.plan.user = self.url.user.as_ref().map(|user| user.name.clone());
        self.plan.host = self.url.has_host().then(|| self.url.hostname().to_owned());
        self.plan.port = self.url.port().to_str().ok().and_then(|port| port.parse().ok());
        self.plan.path = self.url.path.clone();
        self.plan.remote_name = Some(self.remote_name());
    }

    /// Driver and transport; what stands behind a second `+` is not looked at, except
    /// by go-libvirt.
    fn scheme(&self) -> (String, Option<String>) {
        let scheme = &self.url.scheme;
        let (driver, rest) =
            scheme.split_once('+').map_or((scheme.as_str(), None), |(a, b)| (a, Some(b)));
        let transport = match self.dialect {
            UriDialect::GoLibvirt => rest,
            _ => rest.map(|rest| rest.split('+').next().unwrap_or_default()),
        };
        (driver.to_owned(), transport.map(str::to_owned))
    }

    fn dial(&mut self) {
        let (driver, word) = self.scheme();
        if self.dialect == UriDialect::Terraform09 && !TERRAFORM_DRIVERS.contains(&driver.as_str())
        {
            self.refuse(GoPart::Driver, format!("unsupported libvirt driver: {driver}"));
        }
        let local = !self.url.has_host();
        let transport = match (word.as_deref(), self.dialect) {
            // The provider 0.9 takes an empty word for none.
            (None, _) | (Some(""), UriDialect::Terraform09) => Some(match self.dialect {
                _ if local => Transport::Unix,
                UriDialect::Terraform09 => Transport::Ssh,
                _ => Transport::Tls,
            }),
            (Some(word), dialect) => dialect.transport(word.as_bytes()),
        };
        let Some(transport) = transport else {
            let word = word.unwrap_or_default();
            let text = match self.dialect {
                UriDialect::Terraform08 => format!("transport '{word}' not implemented"),
                UriDialect::Terraform09 => format!("unsupported transport: {word}"),
                _ => format!("unsupported libvirt transport {word}"),
            };
            return self.refuse(GoPart::Transport, text);
        };
        self.plan.transport = Some(transport);
        self.endpoint(transport);
        match transport {
            Transport::Unix => self.local(),
            Transport::Tls => self.tls(),
            Transport::Tcp => {}
            _ => self.ssh(transport),
        }
    }

    /// Where it connects to. An empty host is this machine to Go's dialer; the provider
    /// 0.9 asks for one.
    fn endpoint(&mut self, transport: Transport) {
        if transport == Transport::Unix {
            return;
        }
        let host = self.url.hostname().to_owned();
        if host.is_empty()
            && self.dialect == UriDialect::Terraform09
            && transport != Transport::Sshcmd
        {
            let name = transport.name().to_uppercase();
            self.refuse(GoPart::Host, format!("{name} transport requires a hostname"));
        }
        self.plan.effective_host = Some(if host.is_empty() { "localhost".into() } else { host });
        self.plan.effective_port = match transport {
            Transport::Sshcmd => self.plan.port,
            _ => self.plan.port.or(transport.facts().default_port.map(u32::from)),
        };
    }

    /// Only the provider 0.9 knows that a user has a daemon of his own, and only here.
    fn local(&mut self) {
        let session = self.dialect == UriDialect::Terraform09 && self.url.path == "/session";
        self.plan.user_session = session;
        self.mode();
        self.plan.socket = Some(self.url.get("socket").unwrap_or_else(|| {
            if session {
                format!("/run/user/{}/libvirt/libvirt-sock", self.machine.uid).into()
            } else {
                system_socket()
            }
        }));
    }

    /// go-libvirt reads `mode`, to refuse what it cannot do.
    fn mode(&mut self) {
        if self.dialect != UriDialect::GoLibvirt {
            return;
        }
        let Some(mode) = self.url.get("mode") else { return };
        match mode.to_ascii_lowercase().as_slice() {
            b"auto" | b"legacy" => {}
            b"direct" => self.refuse(GoPart::Parameter("mode"), "cannot connect in direct mode"),
            _ => {
                let text = [b"invalid ssh mode ", mode.as_slice()].concat();
                self.refuse(GoPart::Parameter("mode"), text);
            }
        }
    }

    fn tls(&mut self) {
        let folder = self.url.get("pkipath");
        let mut plan = tls::files(folder.as_ref().map(|folder| folder.as_slice()), self.machine);
        plan.verify = !self.accepts_any_peer(Transport::Tls);
        plan.sanity = false;
        self.plan.tls = Some(plan);
    }

    /// Whether `no_verify` or `known_hosts_verify` turn the check of the peer off.
    fn accepts_any_peer(&mut self, transport: Transport) -> bool {
        let ignored = self.url.get("known_hosts_verify").is_some_and(|policy| policy == "ignore");
        match (self.dialect, transport) {
            (UriDialect::GoLibvirt, Transport::Libssh | Transport::Libssh2) => ignored,
            (UriDialect::GoLibvirt, _) => self.number("no_verify"),
            // Its TLS takes any word but a zero.
            (UriDialect::Terraform08, Transport::Tls) => self
                .url
                .get("no_verify")
                .is_some_and(|value| atoi(value.as_bstr()).is_none_or(|number| number != 0)),
            (_, Transport::Tls) => self.url.has("no_verify"),
            _ => ignored || self.url.has("no_verify"),
        }
    }

    /// A switch as go-libvirt reads it.
    fn number(&mut self, name: &'static str) -> bool {
        let Some(value) = self.url.get(name) else { return false };
        let Some(number) = atoi(value.as_bstr()) else {
            let why =
                if is_integer(value.as_bstr()) { "value out of range" } else { "invalid syntax" };
            self.refuse(
                GoPart::Parameter(name),
                format!(
                    "invalid value for {name}: strconv.Atoi: parsing {}: {why}",
                    Quoted(value.as_bstr())
                ),
            );
            return false;
        };
        number != 0
    }

    fn remote_name(&self) -> BString {
        let (driver, _) = self.scheme();
        let named = self.url.get("name").filter(|_| self.dialect != UriDialect::Terraform09);
        if let Some(name) = named {
            return name;
        }
        let mut name = BString::from(driver);
        if !name.is_empty() {
            name.push(b':');
        }
        // Only the provider 0.8 writes the URI that it was given, without some parts.
        let whole = self.dialect == UriDialect::Terraform08;
        if whole && !self.url.opaque.is_empty() {
            name.extend_from_slice(self.url.opaque);
        } else {
            let path = if whole { self.url.escaped_path() } else { GoUrl::escape(&self.url.path) };
            let bare = path.is_empty() || (whole && self.url.omits_host());
            if !bare && !name.is_empty() {
                name.extend_from_slice(b"//");
            }
            name.extend_from_slice(&path);
        }
        if whole && self.url.forces_query() {
            name.push(b'?');
        }
        if whole && !self.url.fragment.is_empty() {
            name.push(b'#');
            name.extend_from_slice(&self.url.escaped_fragment());
        }
        name
    }

    /// What becomes of each parameter: of several of a name the first one counts.
    fn parameters(&self) -> Vec<Planned> {
        let reader = Reader::Go(self.dialect);
        let mut planned: Vec<Planned> = Vec::new();
        for parameter in self.url.parameters() {
            let fits = reader.named(&parameter.name).is_some_and(|row| {
                self.plan.transport.is_some_and(|transport| row.used_by.has(transport))
            });
            let first = !planned.iter().any(|other| other.name == parameter.name);
            let used = parameter.kept && fits && first;
            planned.push(Planned {
                name: parameter.name,
                value: parameter.value,
                effect: if used { Effect::Used } else { Effect::Ignored },
                name_span: parameter.name_span,
                value_span: parameter.value_span,
            });
        }
        planned
    }
}

fn system_socket() -> BString {
    format!("{SYSTEM_SOCKETS}/libvirt-sock").into()
}

/// Go's `strconv.Atoi`: a sign, digits, and the range of 64 bits.
fn atoi(text: &BStr) -> Option<i64> {
    is_integer(text).then(|| text.to_str().ok()?.parse().ok())?
}

fn is_integer(text: &BStr) -> bool {
    let digits = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Implementation;

    fn plan(client: &str, uri: &str) -> Plan {
        let machine = Machine::fixed("2026-01-01".into());
        let parsed = Uri::parse(uri.as_bytes());
        let wanted = match &parsed {
            Ok(uri) => Wanted::Uri(uri),
            Err(unparseable) => Wanted::Unparseable(&unparseable.recovered),
        };
        let request = Request { wanted, typed: None, looked_up: None, readonly: false };
        Plan::new(request, client.parse().unwrap(), &machine)
    }

    #[test]
    fn a_host_without_a_transport_is_not_the_same_to_all() {
        for (client, transport) in [
            ("libvirt", Transport::Tls),
            ("go-libvirt", Transport::Tls),
            ("terraform@0.8", Transport::Tls),
            ("terraform@0.9", Transport::Ssh),
        ] {
            let plan = plan(client, "qemu://kvm1.example/system");
            assert_eq!(plan.transport, Some(transport), "{client}");
        }
    }

    #[test]
    fn refusals_are_in_the_clients_words() {
        for (client, uri, error) in [
            ("go-libvirt", "qemu+shh://h/", "unsupported libvirt transport shh"),
            (
                "terraform@0.8",
                "qemu+ext://h/",
                "failed to connect: transport 'ext' not implemented",
            ),
            (
                "terraform@0.9",
                "qemu+unix:///system",
                "failed to create dialer: unsupported transport: unix",
            ),
            (
                "terraform@0.9",
                "kvm:///system",
                "failed to create dialer: unsupported libvirt driver: kvm",
            ),
            (
                "terraform@0.9",
                "qemu+ssh:///system",
                "failed to create dialer: SSH transport requires a hostname",
            ),
            (
                "terraform@0.9",
                "qemu://h:x/",
                "invalid libvirt URI: parse \"qemu://h:x/\": invalid port \":x\" after host",
            ),
            (
                "go-libvirt",
                "qemu+ssh://h/?no_verify=yes",
                "invalid value for no_verify: strconv.Atoi: parsing \"yes\": invalid syntax",
            ),
            (
                "go-libvirt",
                "qemu+ssh://h/?sshauth=agent",
                "sshauth option invalid with ssh transport, use libssh transport instead",
            ),
            (
                "go-libvirt",
                "qemu+libssh://h/?no_verify=1",
                "\"no_verify\" option invalid with libssh transport, use known_hosts_verify=ignore instead",
            ),
            ("go-libvirt", "qemu+unix:///system?mode=direct", "cannot connect in direct mode"),
        ] {
            let plan = plan(client, uri);
            assert_eq!(plan.error().unwrap(), error, "{client} {uri}");
            assert_eq!(plan.outcome, Outcome::Rejected);
        }
    }

    #[test]
    fn the_server_is_asked_for() {
        for (client, uri, name) in [
            ("go-libvirt", "qemu+ssh://h/system?x=1#f", "qemu:///system"),
            ("terraform@0.8", "qemu+ssh://h/system?x=1#f", "qemu:///system#f"),
            ("terraform@0.9", "qemu+ssh://h/system?name=xen:///system", "qemu:///system"),
            ("go-libvirt", "qemu+ssh://h/system?name=xen:///system", "xen:///system"),
            ("go-libvirt", "qemu+tcp://h", "qemu:"),
            ("terraform@0.8", "qemu:system", "qemu:system"),
        ] {
            assert_eq!(plan(client, uri).remote_name.unwrap(), name, "{client} {uri}");
        }
    }

    #[test]
    fn the_programs_arguments_are_the_providers() {
        let plan = plan(
            "terraform@0.9",
            "qemu+sshcmd://joe@h:2222/system?keyfile=~/k&no_verify=0&sshauth=agent&proxy=netcat",
        );
        let ssh = plan.ssh.unwrap();
        assert_eq!(ssh.implementation, Implementation::Openssh);
        let argv: Vec<String> = ssh.argv.unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(
            argv[..argv.len() - 1],
            [
                "-p",
                "2222",
                "-T",
                "-e",
                "none",
                "-i",
                "/home/user/k",
                "-o",
                "StrictHostKeyChecking=no",
                "-o",
                "BatchMode=yes",
                "-o",
                "ForwardAgent=yes",
                "--",
                "joe@h",
            ]
        );
        assert!(argv[argv.len() - 1].ends_with("-U /var/run/libvirt/libvirt-sock'"));
    }
}
