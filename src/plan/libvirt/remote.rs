//! The remote driver: where it connects to, and by which socket, mode and proxy.
//!
//! Source: `doRemoteOpen` and `remoteGetUNIXSocket` in `src/remote/`.

use bstr::BString;

use super::Planner;
use crate::plan::parameters::effects;
use crate::plan::socket::{Mode, Question, autostarts, choose, is_user_session};
use crate::plan::{Proxy, Refusal, tls};
use crate::tables::clients::Since;
use crate::tables::parameters::Key;
use crate::tables::transports::Transport;
use crate::uri::Uri;

impl Planner<'_> {
    /// The remote driver, on any transport.
    pub(super) fn remote(&mut self, transport: Transport) {
        self.plan.transport = Some(transport);
        self.plan.user_session = is_user_session(self.uri, self.machine);
        if self.uri.is_none() {
            self.plan.remote_name = Some(BString::default());
        }
        self.endpoint(transport);
        if let Some(refusal) = self.given.refusal() {
            self.refuse(refusal);
        }
        let mode = self.mode();
        let proxy = self.proxy(transport);
        if transport == Transport::Ext && self.given.get(Key::Command).is_none() {
            self.refuse(Refusal::ExtWithoutCommand);
        }
        if transport == Transport::Unix || transport.is_ssh_like() {
            self.socket(transport, mode);
        }
        match transport {
            Transport::Tls => self.tls(),
            Transport::Ssh | Transport::Libssh | Transport::Libssh2 => self.ssh(transport, proxy),
            Transport::Unix | Transport::Ext | Transport::Tcp | Transport::Sshcmd => {}
        }
        if let Some(uri) = self.uri {
            self.plan.parameters =
                effects(uri, Some(transport), |key| self.has_effect(key, transport));
        }
    }

    fn endpoint(&mut self, transport: Transport) {
        if matches!(transport, Transport::Unix | Transport::Ext) {
            return;
        }
        self.plan.effective_host =
            Some(self.plan.host.clone().unwrap_or_else(|| BString::from("localhost")));
        let written = self.plan.port.filter(|port| *port != 0);
        self.plan.effective_port = match transport {
            Transport::Ssh => written,
            _ => written.or(transport.facts().default_port.map(u32::from)),
        };
    }

    fn mode(&mut self) -> Mode {
        if !self.client.has(Since::Mode) {
            return Mode::Legacy;
        }
        let Some(word) = self.setting(Key::Mode, "remote_mode") else { return Mode::Auto };
        Mode::named(&word).unwrap_or_else(|| {
            self.refuse(Refusal::Mode(word));
            Mode::Auto
        })
    }

    fn proxy(&mut self, transport: Transport) -> Proxy {
        if !self.client.has(Since::Proxy) {
            return Proxy::Netcat;
        }
        let proxy = match self.setting(Key::Proxy, "remote_proxy") {
            Some(word) => Proxy::named(&word).unwrap_or_else(|| {
                self.refuse(Refusal::Proxy(word));
                Proxy::Auto
            }),
            None if self.given.get(Key::Socket).is_some() => Proxy::Netcat,
            None if self.plan.user_session => Proxy::Native,
            None => Proxy::Auto,
        };
        if transport.is_ssh_like() {
            self.plan.proxy = Some(proxy);
        }
        proxy
    }

    fn socket(&mut self, transport: Transport, mode: Mode) {
        if let Some(socket) = self.given.get(Key::Socket) {
            self.plan.socket = Some(socket.into());
            return;
        }
        let question = Question {
            transport,
            mode,
            driver: self.uri.and_then(Uri::driver),
            user_session: self.plan.user_session,
            readonly: self.plan.readonly,
        };
        match choose(&question, self.client, self.machine) {
            Ok(choice) => {
                self.plan.socket = Some(choice.path);
                self.plan.mode = Some(choice.mode);
                if autostarts(self.uri, transport, self.machine) {
                    self.plan.autostart = Some(choice.daemon);
                }
            }
            Err(refusal) => self.refuse(refusal),
        }
    }

    fn tls(&mut self) {
        let priority = self.setting(Key::TlsPriority, "tls_priority");
        let mut plan = tls::files(self.given.get(Key::Pkipath), self.machine);
        plan.verify = !self.given.is_on(Key::NoVerify);
        plan.sanity = !self.given.is_on(Key::NoSanity);
        plan.priority = priority;
        self.plan.tls = Some(plan);
    }

    /// Whether a parameter that fits the transport is really acted on.
    fn has_effect(&self, key: Key, transport: Transport) -> bool {
        match key {
            // The helper of clients before 9.1 is not told about the socket.
            Key::Socket if transport.is_ssh_like() && self.plan.proxy == Some(Proxy::Native) => {
                self.client.has(Since::HelperKeepsSocket)
            }
            Key::Mode => self.given.get(Key::Socket).is_none() || transport.is_ssh_like(),
            _ => true,
        }
    }
}
