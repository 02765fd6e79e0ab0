//! Which driver answers for a URI: one in the client, or the remote one.
//!
//! Source: `virConnectOpenInternal` in `src/libvirt.c`.

use bstr::{BString, ByteSlice};

use super::Planner;
use crate::plan::parameters::effects;
use crate::plan::{Outcome, Refusal, local, name};
use crate::tables::clients::Since;
use crate::tables::drivers::{Driver, Runs};
use crate::tables::parameters::Key;
use crate::tables::transports::Transport;
use crate::uri::Uri;

impl Planner<'_> {
    pub(super) fn open(&mut self, typed: Option<&[u8]>) {
        let Some(uri) = self.uri else { return self.remote(Transport::Unix) };
        let (Some(scheme), Some(driver)) = (uri.scheme(), uri.driver()) else {
            self.plan.parameters = effects(uri, None, |_| true);
            return self.refuse(Refusal::NoDriver(typed.map(BString::from)));
        };
        self.missing_slash(uri, scheme);
        if self.plan.path == "/embed" {
            return self.embedded(uri, scheme, typed);
        }
        let missing = self.machine.build.without();
        let host = uri.host().is_some();
        match Driver::named(scheme) {
            Some(row) if row.runs == Runs::InClientLocal && !host => self.local(uri, row),
            Some(row) if row.runs == Runs::InClientRemote && !missing.contains(&row.name) => {
                if !host {
                    self.refuse(Refusal::NoHost);
                }
                self.local(uri, row);
            }
            _ => {
                if missing.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(scheme)) {
                    self.refuse(Refusal::BuiltWithout(scheme.as_bstr().to_owned()));
                }
                let transport = self.transport(uri);
                self.name(uri, scheme, driver);
                match transport {
                    Some(transport) => self.remote(transport),
                    None => self.plan.parameters = effects(uri, None, |_| true),
                }
            }
        }
    }

    /// libvirt's own hint, for three drivers and two words.
    fn missing_slash(&mut self, uri: &Uri<'_>, scheme: &[u8]) {
        let Some(host) = uri.host() else { return };
        if matches!(scheme, b"qemu" | b"vbox" | b"vz")
            && matches!(host.as_ref(), b"system" | b"session")
        {
            self.refuse(Refusal::MissingSlash {
                uri: uri.text().into(),
                driver: scheme.into(),
                host: host.as_ref().into(),
            });
        }
    }

    /// `/embed`: the driver within the client's own process.
    fn embedded(&mut self, uri: &Uri<'_>, scheme: &[u8], typed: Option<&[u8]>) {
        let root = uri.parameters().find(|parameter| {
            let name = parameter.name();
            if self.client.has(Since::RootIgnoresCase) {
                name.eq_ignore_ascii_case(b"root")
            } else {
                name.as_ref() == b"root"
            }
        });
        if !scheme.iter().all(u8::is_ascii_lowercase) {
            self.refuse(Refusal::EmbedScheme(scheme.into()));
        }
        match root.map(|root| root.value()) {
            None => self.refuse(Refusal::EmbedWithoutRoot),
            Some(root) if !root.starts_with(b"/") => self.refuse(Refusal::EmbedRelativeRoot),
            Some(_) => {}
        }
        if !Driver::named(scheme).is_some_and(|row| row.embeddable) {
            self.refuse(Refusal::NotEmbeddable(typed.map(BString::from)));
        }
        if self.plan.refusal.is_none() {
            self.plan.outcome = Outcome::InProcess;
        }
        self.plan.parameters = local::effects(uri, |name| name.eq_ignore_ascii_case(b"root"));
    }

    /// A driver that runs within the client.
    fn local(&mut self, uri: &Uri<'_>, row: &'static Driver) {
        let local = local::read(uri, row);
        if let Some(refusal) = local.refusal {
            self.refuse(refusal);
        }
        if self.plan.refusal.is_none() {
            self.plan.outcome = Outcome::InProcess;
        }
        self.plan.parameters = local.parameters;
        if row.runs == Runs::InClientRemote {
            self.plan.effective_host = self.plan.host.clone();
            self.plan.effective_port =
                self.plan.port.filter(|port| *port != 0).or(Some(local.default_port));
        }
    }

    fn transport(&mut self, uri: &Uri<'_>) -> Option<Transport> {
        let host = uri.host();
        let Some(word) = uri.transport_word() else {
            return Some(if host.is_some() { Transport::Tls } else { Transport::Unix });
        };
        let transport = Transport::named(word);
        match (transport, host) {
            (None, _) => self.refuse(Refusal::UnknownTransport),
            (Some(Transport::Unix), Some(host)) => {
                self.refuse(Refusal::UnixWithHost(host.as_ref().into()));
            }
            _ => {}
        }
        transport
    }

    /// The name that the server is asked to open.
    fn name(&mut self, uri: &Uri<'_>, scheme: &[u8], driver: &[u8]) {
        self.plan.remote_name = Some(match self.given.get(Key::Name) {
            Some(name) => name.into(),
            None if scheme == b"remote" || scheme.starts_with(b"remote+") => BString::default(),
            None => name::for_server(uri, driver),
        });
    }
}
