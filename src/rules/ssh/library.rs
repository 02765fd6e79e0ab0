//! Clients that speak ssh themselves: what they would find in the same files.
//!
//! Their protocol is not spoken here. What they need before it is looked at, so some
//! of their failures are certain all the same.

use crate::evidence::{AgentState, Local, SeenFile};
use crate::finding::Drafts;
use crate::plan::{Implementation, SshPlan};
use crate::rules::Seen;
use crate::text::Span;

/// A library that gets as far as the server.
fn library<'s>(seen: &'s Seen<'_>) -> Option<(&'s SshPlan, &'s Local)> {
    let plan = seen.plan.ssh.as_ref()?;
    let is_library = plan.implementation != Implementation::Openssh;
    seen.evidence.network.as_ref()?.way_in().filter(|_| is_library)?;
    Some((plan, seen.evidence.local.as_ref()?))
}

fn place(seen: &Seen<'_>, parameter: &str) -> Span {
    let uri = seen.reading.uri;
    let planned = seen.plan.used(parameter).map(|planned| planned.value_span);
    planned.or(uri.host_span()).unwrap_or_else(|| uri.span())
}

/// The file in which the host's key would have to be, and is not.
fn file_without_host<'s>(
    seen: &Seen<'_>,
    plan: &SshPlan,
    local: &'s Local,
) -> Option<&'s SeenFile> {
    let file = local.files.iter().find(|file| file.what == SeenFile::KNOWN_HOSTS)?;
    let normal = seen
        .plan
        .used("known_hosts_verify")
        .is_none_or(|planned| planned.value.eq_ignore_ascii_case(b"normal"));
    let checks = normal || plan.implementation == Implementation::Go;
    let knows = local.known_keys.iter().any(|known| known.asked);
    (checks && !knows).then_some(file)
}

/// The library's own file of known hosts does not have the host.
pub(crate) fn library_host_key_unknown(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((plan, local)) = library(seen) else { return };
    let Some(file) = file_without_host(seen, plan, local) else { return };
    let host = seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
    let port = seen.evidence.network.as_ref().map_or(22, |network| network.port);
    let scan = if port == 22 { host.clone() } else { format!("-p {port} {host}") };
    let name = if port == 22 { host.clone() } else { format!("[{host}]:{port}") };
    let folder = file.path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    let draft = out
        .at(place(seen, "known_hosts"))
        .fact("host", host)
        .fact("name", name)
        .fact("file", &file.path)
        .fact("folder", folder)
        .fact("scan", scan);
    if plan.implementation == Implementation::Go {
        draft.variant("go");
    }
}

/// The library's key file is of no use, and no agent helps out.
pub(crate) fn library_key_unusable(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((plan, local)) = library(seen) else { return };
    let has = |wanted: &str| {
        let methods = plan.methods.as_ref().map(ToString::to_string).unwrap_or_default();
        methods.split(',').any(|method| method.eq_ignore_ascii_case(wanted))
    };
    let agent = local.agent.as_ref().filter(|agent| agent.state == AgentState::Answered);
    let helped = has("agent") && agent.is_some_and(|agent| !agent.keys.is_empty());
    let Some(key) = local.identity.as_ref().filter(|_| has("privkey") && !helped) else { return };
    let variant = match &key.file {
        None => "missing",
        Some(file) if !file.readable => "unreadable",
        Some(file) if file.encrypted => "encrypted",
        Some(_) => return,
    };
    if file_without_host(seen, plan, local).is_some() {
        return;
    }
    let path = &key.path;
    let draft = out.at(place(seen, "keyfile")).variant(variant).fact("path", path);
    if plan.implementation == Implementation::Libssh {
        let said = if variant == "encrypted" {
            format!("error while opening private key '{path}', wrong passphrase?")
        } else {
            format!("error while reading private key '{path}'")
        };
        draft.quote(format!("authentication failed: {said}"), None);
    }
}
