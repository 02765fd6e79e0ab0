//! Rules about the transport and whether it has what it needs.

mod need;
mod tls;
mod word;

pub(crate) use need::{
    ext_without_command, host_without_transport, library_ssh_without_user,
    remote_transport_without_host, unix_with_host,
};
pub(crate) use tls::{address_with_tls, short_name_with_tls};
pub(crate) use word::{
    empty_transport, several_transports, unknown_transport, upper_case_transport,
};
