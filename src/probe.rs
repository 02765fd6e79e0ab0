//! Looks at one hop after the other and writes down what it saw. Never judges.
//!
//! Everything here that waits has a deadline, and nothing here changes anything:
//! not on this machine, not on the other one.

mod agent;
mod auth_conf;
mod certificate;
mod daemon;
mod dns;
mod go_known_hosts;
mod host_keys;
mod in_place;
mod key_file;
mod known_hosts;
mod local;
mod name;
mod neighbour;
mod network;
mod other_sockets;
mod place;
mod polkit;
mod proxy_command;
mod remote;
mod rpc;
mod sasl;
mod service;
mod shell;
mod socket;
mod ssh;
mod ssh_config;
mod ssh_hosts;
mod ssh_log;
mod there;
mod tls;
mod units;
mod user_daemon;
mod walk;

pub(crate) use shell::{questions, seen};
pub(crate) use there::{There, run_there};
pub(crate) use walk::{Looking, Ports, now, observe};

use std::future::Future;
use std::time::{Duration, Instant};

/// A moment by which something must be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// So much time from now.
    pub(crate) fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// The earlier of this and so much time from now.
    pub(crate) fn within(self, time: Duration) -> Self {
        Self(self.0.min(Instant::now() + time))
    }

    /// What is left.
    pub(crate) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// The result, if it is there in time.
    pub(crate) async fn limit<T>(self, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout_at(self.0.into(), work).await.ok()
    }
}

/// Milliseconds since `start`, to a microsecond.
pub(crate) fn ms_since(start: Instant) -> f64 {
    (start.elapsed().as_secs_f64() * 1e6).round() / 1e3
}
