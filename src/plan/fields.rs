//! The fields of a plan as JSON: what every document shows, and what a policy sees.

use serde_json::Value;

use super::{Outcome, Plan, SshPlan, TlsPlan};
use crate::text::object::Object;
use crate::text::{Shown, Veil};

/// The fields of a plan, as every document has them.
pub(crate) fn fields(plan: &Plan, uri: &[u8], veil: &Veil) -> Value {
    let error = plan.error();
    let text = |value: &Option<bstr::BString>| value.as_ref().map(|value| value.to_vec());
    let is_daemon = plan.outcome == Outcome::Daemon;
    // Where the client refuses the URI, only what is written there: nothing came of it.
    let settled = plan.is_settled();
    Object::new()
        .text("uri", Some(uri), veil)
        .put("client", plan.client.to_string())
        .put("outcome", plan.outcome)
        .shown_some("error", error.map(|error| veil.show(error)).as_ref())
        .text("driver", text(&plan.driver).as_deref(), veil)
        .put("transport", plan.transport.filter(|_| is_daemon).map(crate::Transport::name))
        .text("user", text(&plan.user).as_deref(), veil)
        .text("host", text(&plan.host).as_deref(), veil)
        .put("port", plan.port)
        .text("effective_host", text(&plan.effective_host).as_deref().filter(|_| settled), veil)
        .put("effective_port", plan.effective_port.filter(|_| settled))
        .text("path", Some(&plan.path), veil)
        .text("remote_name", text(&plan.remote_name).as_deref().filter(|_| is_daemon), veil)
        .put("mode", plan.mode.filter(|_| settled))
        .put("proxy", plan.proxy.filter(|_| settled))
        .text("socket", text(&plan.socket).as_deref().filter(|_| settled), veil)
        .put("readonly", plan.readonly)
        .put("user_session", plan.user_session && settled)
        .put_some("autostart", plan.autostart.as_ref().filter(|_| settled))
        .put("parameters", parameters(plan, veil))
        .put_some("ssh", plan.ssh.as_ref().filter(|_| is_daemon).map(|ssh| ssh_part(ssh, veil)))
        .put_some("tls", plan.tls.as_ref().filter(|_| is_daemon).map(|tls| tls_part(tls, veil)))
        .put("hops", plan.hops())
        .done()
}

fn parameters(plan: &Plan, veil: &Veil) -> Vec<Value> {
    plan.parameters
        .iter()
        .map(|planned| {
            Object::new()
                .text("name", Some(&planned.name), veil)
                .shown("value", &veil.show_at(&planned.value, planned.value_span))
                .put("effect", planned.effect)
                .done()
        })
        .collect()
}

fn ssh_part(ssh: &SshPlan, veil: &Veil) -> Value {
    let show = |value: &bstr::BString| veil.show(value);
    let shown = |value: &Option<bstr::BString>| value.as_ref().map(show);
    let argv: Option<Vec<Shown>> = ssh.argv.as_ref().map(|argv| argv.iter().map(show).collect());
    let object = Object::new()
        .put("implementation", ssh.implementation)
        .shown_some("program", shown(&ssh.program).as_ref());
    let object = match argv {
        Some(argv) => object.shown_all("argv", &argv),
        None => object,
    };
    let object = object
        .shown_some("remote_command", shown(&ssh.remote_command).as_ref())
        .shown_some("user", shown(&ssh.user).as_ref());
    let object = match shown(&ssh.identity) {
        Some(identity) => object.shown_all("identities", &[identity]),
        None => object,
    };
    object
        .shown_some("known_hosts", shown(&ssh.known_hosts).as_ref())
        .shown_some("methods", shown(&ssh.methods).as_ref())
        .done()
}

fn tls_part(tls: &TlsPlan, veil: &Veil) -> Value {
    Object::new()
        .text("ca", Some(&tls.ca), veil)
        .text("crl", Some(&tls.crl), veil)
        .text("cert", Some(&tls.cert), veil)
        .text("key", Some(&tls.key), veil)
        .put("verify", tls.verify)
        .put("sanity", tls.sanity)
        .shown_some("priority", tls.priority.as_ref().map(|words| veil.show(words)).as_ref())
        .done()
}
