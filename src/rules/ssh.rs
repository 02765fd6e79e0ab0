//! Rules about the ssh session: what kept the server from letting us in.

mod config;
mod host_key;
mod key_files;
mod keys;
mod library;
mod library_words;
mod server;
mod session;

pub(crate) use config::{
    ssh_config_broken, ssh_config_in_the_way, ssh_config_too_open, ssh_proxy_failed,
};
pub(crate) use host_key::{host_key_changed, host_key_revoked, host_key_unknown};
pub(crate) use key_files::{
    ssh_key_broken, ssh_key_encrypted, ssh_key_file_missing, ssh_key_too_open, ssh_key_unreadable,
};
pub(crate) use keys::{
    login, no_tty_without_key, ssh_agent_empty, ssh_agent_missing, ssh_key_refused,
    ssh_no_key_login, ssh_root_refused, ssh_too_many_keys, user,
};
pub(crate) use library::{
    doubt, library_host_key_unknown, library_key_unusable, library_known_hosts_broken,
    library_not_judged,
};
pub(crate) use library_words::{go, of_command, refusal};
pub(crate) use server::{
    not_an_ssh_server, ssh_account_refused, ssh_closed_after_login, ssh_closed_early,
    ssh_no_common_algorithm, ssh_no_session,
};
pub(crate) use session::{frame, ssh_failed, ssh_program_missing, ssh_timed_out};
