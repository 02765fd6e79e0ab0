//! What is in the way of the daemon's socket, and the channel to it that the server opens
//! for the clients written in Go.

use super::{Failing, failing, place};
use crate::finding::Drafts;
use crate::plan::Implementation;
use crate::rules::Seen;
use crate::rules::ssh::refusal;

/// What keeps the remote side from the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    Missing,
    NotPermitted,
    Refused,
}

impl Failing<'_> {
    /// By the words of the helper or of nc; where the server itself connects it says no
    /// reason, and what a look there found decides.
    pub(super) fn obstacle(&self, seen: &Seen<'_>) -> Option<Obstacle> {
        if is_channel(seen) {
            return self.seen_obstacle();
        }
        let said = self.remote_said();
        [
            ("No such file or directory", Obstacle::Missing),
            ("unix connect failed: No such", Obstacle::Missing),
            ("Permission denied", Obstacle::NotPermitted),
            ("Connection refused", Obstacle::Refused),
        ]
        .into_iter()
        .find_map(|(words, obstacle)| said.contains(words).then_some(obstacle))
    }

    fn seen_obstacle(&self) -> Option<Obstacle> {
        refusal(self.session)?;
        let remote = self.remote.filter(|remote| remote.error.is_none())?;
        let socket = remote.sockets.iter().find(|socket| socket.on_the_way)?;
        match (socket.exists, socket.writable, socket.listening) {
            (false, ..) => Some(Obstacle::Missing),
            (true, false, _) => Some(Obstacle::NotPermitted),
            (true, true, Some(false)) => Some(Obstacle::Refused),
            (true, true, _) => None,
        }
    }
}

fn is_channel(seen: &Seen<'_>) -> bool {
    seen.plan.ssh.as_ref().is_some_and(|ssh| ssh.implementation == Implementation::Go)
}

/// The socket is there and open to the account: it is the server that opens no channel.
pub(crate) fn remote_forwarding_refused(seen: &Seen<'_>, out: &mut Drafts) {
    if !is_channel(seen) {
        return;
    }
    let Some(failing) = failing(seen).filter(|failing| refusal(failing.session).is_some()) else {
        return;
    };
    if failing.obstacle(seen).is_some() {
        return;
    }
    let user = seen.plan.ssh.as_ref().and_then(|ssh| ssh.user.as_ref());
    let user = user.map(ToString::to_string).unwrap_or_default();
    let socket = seen.plan.socket.as_ref().map(ToString::to_string).unwrap_or_default();
    let looked = failing.remote.is_some_and(|remote| remote.error.is_none());
    let options = &failing.session.key_options;
    let by_key = !options.is_empty() && !options.iter().any(|one| one == "port-forwarding");
    let draft = failing.draft(seen, out).fact("user", user).fact("path", socket);
    draft.span = place(seen, "");
    if by_key {
        draft.variant("key");
    } else if !looked {
        draft.variant("unknown");
    }
}
