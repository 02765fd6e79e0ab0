//! Rules about the ssh session: what kept the server from letting us in.

mod keys;
mod session;

pub(crate) use keys::{no_tty_without_key, ssh_agent_empty, ssh_agent_missing, ssh_key_refused};
pub(crate) use session::{
    frame, host_key_changed, host_key_unknown, not_an_ssh_server, ssh_failed, ssh_program_missing,
    ssh_timed_out,
};
