//! libvirt's own order of events, from a URI to a transport.
//!
//! Source: `virConnectOpenInternal` in `src/libvirt.c` and `doRemoteOpen` in
//! `src/remote/remote_driver.c` of libvirt 9.0.0 and 11.3.0. The first check
//! that fails is the refusal; the rest of the plan is filled in as far as it
//! can be told, so that one mistake does not hide the next.

mod open;
mod remote;
mod ssh;

use bstr::{BString, ByteSlice};

use super::parameters::Given;
use super::{Outcome, Plan, Refusal, Request, Wanted};
use crate::settings::{AliasError, ConfContent, LibvirtConf, Machine};
use crate::tables::clients::Client;
use crate::tables::parameters::Key;
use crate::uri::Uri;

/// What the plan is made from, and the refusal found first.
struct Planner<'a> {
    uri: Option<&'a Uri<'a>>,
    client: Client,
    machine: &'a Machine,
    conf: &'a LibvirtConf,
    given: Given<'a>,
    plan: Plan,
}

pub(super) fn plan(request: Request<'_>, client: Client, machine: &Machine) -> Plan {
    let uri = match request.wanted {
        Wanted::Uri(uri) | Wanted::Unparseable(uri) => Some(uri),
        Wanted::Nothing => None,
    };
    let mut planner = Planner {
        uri,
        client,
        machine,
        conf: <&LibvirtConf>::default(),
        given: uri.map_or_else(Given::nothing, Given::of),
        plan: blank(uri, client, request.readonly),
    };
    planner.read_conf(&request);
    if let Wanted::Unparseable(uri) = request.wanted {
        planner.refuse(Refusal::Unparseable(uri.text().into()));
    }
    planner.open(request.typed);
    planner.plan
}

fn blank(uri: Option<&Uri<'_>>, client: Client, readonly: bool) -> Plan {
    let owned = |text: &[u8]| text.as_bstr().to_owned();
    Plan {
        client,
        outcome: Outcome::Daemon,
        refusal: None,
        driver: uri.and_then(Uri::driver).map(owned),
        transport: None,
        user: uri.and_then(Uri::user).map(|user| owned(&user)),
        host: uri.and_then(Uri::host).map(|host| owned(&host)),
        port: uri.and_then(Uri::port).and_then(|port| port.value),
        effective_host: None,
        effective_port: None,
        path: uri.map(|uri| owned(&uri.path())).unwrap_or_default(),
        remote_name: None,
        mode: None,
        proxy: None,
        socket: None,
        readonly,
        user_session: false,
        autostart: None,
        parameters: Vec::new(),
        ssh: None,
        tls: None,
    }
}

impl Planner<'_> {
    /// Keeps the first refusal: the client would not have come to the second.
    fn refuse(&mut self, refusal: Refusal) {
        if self.plan.refusal.is_none() {
            self.plan.outcome = if matches!(refusal, Refusal::EsxParameter(_)) {
                Outcome::Crashes
            } else {
                Outcome::Rejected
            };
            self.plan.refusal = Some(refusal);
        }
    }

    /// libvirt.conf is read before anything else, and every URI is looked up
    /// among its aliases.
    fn read_conf(&mut self, request: &Request<'_>) {
        let file = &self.machine.conf;
        if let ConfContent::Unreadable(why) = &file.content {
            self.refuse(Refusal::ConfUnreadable { path: file.path.clone(), why: why.clone() });
        }
        match file.read() {
            Ok(conf) => self.conf = conf,
            Err(error) => self.refuse(Refusal::Conf { path: file.path.clone(), error }),
        }
        let wrong = |error| Refusal::Conf { path: file.path.clone(), error };
        let refusal = match request.looked_up {
            Some(text) => match self.conf.resolve_alias(text) {
                Ok(_) => None,
                Err(AliasError::Conf(error)) => Some(wrong(error)),
                Err(AliasError::Malformed(entry)) => Some(Refusal::Alias(entry)),
            },
            None if self.uri.is_none() => self.conf.string("uri_default").err().map(wrong),
            None => None,
        };
        if let Some(refusal) = refusal {
            self.refuse(refusal);
        }
    }

    /// A value of the URI, else of libvirt.conf.
    fn setting(&mut self, key: Key, conf_key: &'static str) -> Option<BString> {
        if let Some(value) = self.given.get(key) {
            return Some(value.into());
        }
        let value =
            self.conf.string(conf_key).map(|value| value.map(|(value, _)| value.to_owned()));
        value.unwrap_or_else(|error| {
            self.refuse(Refusal::Conf { path: self.machine.conf.path.clone(), error });
            None
        })
    }
}
