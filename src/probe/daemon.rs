//! The hops of the daemon and the driver, once there is a stream: is a login asked
//! for, and does the name open?

use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite};

use super::rpc::Conversation;
use super::{Deadline, ms_since, polkit, sasl};
use crate::evidence::{Daemon, Login, Opening, Permission, Polkit, RpcOutcome, Way};
use crate::plan::Plan;

/// How long a daemon may take for its first answer, and a driver to open.
pub(crate) const ANSWER: Duration = Duration::from_secs(5);

/// What the client would ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish<'a> {
    /// The name to open; none where the server would do more than open it.
    name: Option<&'a [u8]>,
    /// The type of login that the URI wants.
    login: Option<&'a [u8]>,
    readonly: bool,
}

/// What was heard.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) daemon: Daemon,
    pub(crate) opening: Option<Opening>,
    /// Whether the name was left alone, though the server would have let us open it.
    pub(crate) not_opened: bool,
}

impl<'a> Wish<'a> {
    pub(crate) fn of(plan: &'a Plan) -> Self {
        Self {
            name: plan.name_opened_there(),
            login: plan.authentication(),
            // The socket decides what the daemon asks polkit for, not the client.
            readonly: plan.readonly
                || plan.socket.as_ref().is_some_and(|path| path.ends_with(b"-ro")),
        }
    }

    /// From the first question to good-bye.
    pub(crate) async fn ask<S>(self, stream: S, way: Way, deadline: Deadline) -> Heard
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let start = Instant::now();
        let mut conversation = Conversation::new(stream);
        let outcome = conversation.greet(deadline.within(ANSWER)).await;
        self.go_on(conversation, outcome, way, start, deadline).await
    }

    /// What follows the answer to the first question, asked at `start`.
    pub(crate) async fn go_on<S>(
        self,
        mut conversation: Conversation<S>,
        outcome: RpcOutcome,
        way: Way,
        start: Instant,
        deadline: Deadline,
    ) -> Heard
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut daemon = Daemon { duration_ms: ms_since(start), way, outcome, ..Daemon::default() };
        let deadline = deadline.within(ANSWER);
        match daemon.login(self.login) {
            Some(Login::Sasl) => {
                daemon.mechanisms = Some(conversation.mechanisms(deadline).await);
                daemon.plugins_here = sasl::plugins();
            }
            Some(Login::Polkit) => {
                daemon.polkit = Some(self.polkit(&mut conversation, way, deadline).await);
            }
            _ => {}
        }
        let may_open = daemon.login(self.login) == Some(Login::None);
        let opening = match self.name.filter(|_| may_open) {
            Some(name) => Some(conversation.open(name, deadline).await),
            None => None,
        };
        Heard { not_opened: may_open && opening.is_none(), daemon, opening }
    }

    /// Lets the daemon ask polkit where no person would be asked: here where polkit says
    /// yes beforehand, and over ssh, where polkit has nobody to ask.
    async fn polkit<S>(
        self,
        conversation: &mut Conversation<S>,
        way: Way,
        deadline: Deadline,
    ) -> Polkit
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let permission = match way {
            Way::Unix => polkit::permission(self.readonly, deadline).await,
            Way::Tcp | Way::Tls | Way::Ssh => Permission::Unknown,
        };
        let reply = match (permission, way) {
            (Permission::Granted, _) | (_, Way::Ssh) => Some(conversation.polkit(deadline).await),
            _ => None,
        };
        Polkit { permission, reply }
    }
}
