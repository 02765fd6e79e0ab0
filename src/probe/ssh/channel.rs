//! A channel to the daemon's socket that the ssh server opens: nothing runs there.
//!
//! This is how the clients written in Go reach the daemon. Here ssh listens at a socket
//! of its own in our private folder, and hands on what comes there.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use nix::unistd::Pid;
use tokio::net::UnixStream;
use tokio::process::Child;

use super::{INSTANT, LOG, Run, deadline_free, drain, end, is_over, not_started};
use crate::evidence::{RpcOutcome, Session, SshFailure, Way};
use crate::probe::daemon::{ANSWER, Heard, Wish};
use crate::probe::known_hosts::Scratch;
use crate::probe::rpc::Conversation;
use crate::probe::{Deadline, ms_since};

impl Run<'_> {
    /// Logs in and asks the daemon over the channel behind `near`.
    pub(crate) async fn ask_through(
        &self,
        near: &Path,
        wish: Wish<'_>,
        scratch: &Scratch,
        deadline: Deadline,
    ) -> (Session, Option<Heard>) {
        let start = Instant::now();
        let log = scratch.file(LOG);
        let mut session = self.session(&log);
        let mut child = match self.spawn(&log, Stdio::null(), Stdio::null()) {
            Ok(child) => child,
            Err(error) => return (not_started(session, &error), None),
        };
        let stderr = child.stderr.take();
        let drained = tokio::spawn(async move { drain(stderr).await });
        let stream = until_open(near, &child, deadline).await;
        let timed_out = stream.is_none() && deadline.left().is_zero();
        let heard = match stream {
            Some(stream) => {
                let asked = Instant::now();
                let mut conversation = Conversation::new(stream);
                let outcome = conversation.greet(deadline.within(ANSWER)).await;
                Some(wish.go_on(conversation, outcome, Way::Ssh, asked, deadline).await)
            }
            None => None,
        };
        // It waits for the next one who wants a channel.
        end(&mut child, true).await;
        session.remote_said = deadline_free(drained).await;
        let answered = heard.as_ref().is_some_and(|heard| {
            matches!(heard.daemon.outcome, RpcOutcome::Answered(_) | RpcOutcome::Error(_))
        });
        self.sum_up(&mut session, scratch, answered, false);
        session.duration_ms = ms_since(start);
        if timed_out && !session.established {
            session.failure = Some(SshFailure::DeadlineReached);
        }
        let heard = heard.filter(|_| session.established);
        (session, heard)
    }
}

/// Waits until ssh is logged in and listens; nothing where it ends before that.
async fn until_open(near: &Path, child: &Child, deadline: Deadline) -> Option<UnixStream> {
    let id = Pid::from_raw(i32::try_from(child.id()?).ok()?);
    while !deadline.left().is_zero() {
        if near.exists()
            && let Ok(stream) = UnixStream::connect(near).await
        {
            return Some(stream);
        }
        if is_over(id, Deadline::after(INSTANT)).await {
            return None;
        }
    }
    None
}
