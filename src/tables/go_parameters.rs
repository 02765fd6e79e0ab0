//! The extra parameters that the clients written in Go read. Names and values are
//! taken in this case only, and what is not in the table has no effect.
//!
//! Source: `connect_uri.go` of go-libvirt (2026-02), `libvirt/uri/` of the Terraform
//! provider 0.8.3 and `internal/libvirt/dialers/` of 0.9.7.

use super::parameters::{Parameter, Value, row};
use super::transports::Transport::{Libssh, Libssh2, Ssh, Sshcmd, Tcp, Tls, Unix};

/// go-libvirt's `ConnectToURI`.
pub(crate) const GO_LIBVIRT: &[Parameter] = &[
    row(
        "name",
        Value::Uri,
        &[Tls, Unix, Ssh, Libssh2, Tcp, Libssh],
        false,
        "the URI that the server opens",
    ),
    row("socket", Value::Socket, &[Unix, Ssh, Libssh, Libssh2], false, "the daemon's UNIX socket"),
    row(
        "mode",
        Value::OneOfIgnoringCase(&["auto", "legacy"]),
        &[Unix, Ssh, Libssh, Libssh2],
        false,
        "modular or monolithic daemon",
    ),
    row("pkipath", Value::Folder, &[Tls], false, "the folder of the certificates"),
    row("no_verify", Value::Switch, &[Tls, Ssh], false, "no check of the server's identity"),
    row("keyfile", Value::File, &[Ssh, Libssh, Libssh2], false, "the private key"),
    row("known_hosts", Value::File, &[Libssh, Libssh2], false, "the file of known host keys"),
    row(
        "known_hosts_verify",
        Value::OneOf(&["normal", "auto", "ignore"]),
        &[Libssh, Libssh2],
        false,
        "what to do with an unknown host key",
    ),
    row(
        "sshauth",
        Value::ListOf(&["agent", "privkey", "password", "keyboard-interactive"]),
        &[Libssh, Libssh2],
        false,
        "the ssh login methods, in order",
    ),
];

/// The Terraform provider up to 0.8.
pub(crate) const TERRAFORM_08: &[Parameter] = &[
    row("name", Value::Uri, &[Tls, Unix, Ssh, Tcp], false, "the URI that the server opens"),
    row("socket", Value::Socket, &[Unix, Ssh], false, "the daemon's UNIX socket"),
    row("keyfile", Value::ExpandedFile, &[Ssh], false, "the private key"),
    row(
        "sshauth",
        Value::ListOf(&["agent", "privkey", "ssh-password"]),
        &[Ssh],
        false,
        "the ssh login methods, in order",
    ),
    row("knownhosts", Value::ExpandedFile, &[Ssh], false, "the file of known host keys"),
    row(
        "known_hosts_verify",
        Value::OneOf(&["normal", "ignore"]),
        &[Ssh],
        false,
        "what to do with an unknown host key",
    ),
    row("no_verify", Value::Presence, &[Ssh, Tls], false, "no check of the server's identity"),
    row("pkipath", Value::Folder, &[Tls], false, "the folder of the certificates"),
];

/// The Terraform provider from 0.9 on.
pub(crate) const TERRAFORM_09: &[Parameter] = &[
    row("socket", Value::Socket, &[Unix, Ssh, Sshcmd], false, "the daemon's UNIX socket"),
    row("keyfile", Value::ExpandedFile, &[Ssh, Sshcmd], false, "the private key"),
    row("knownhosts", Value::ExpandedFile, &[Ssh, Sshcmd], false, "the file of known host keys"),
    row(
        "known_hosts_verify",
        Value::OneOf(&["normal", "ignore"]),
        &[Ssh, Sshcmd],
        false,
        "what to do with an unknown host key",
    ),
    row(
        "no_verify",
        Value::Presence,
        &[Ssh, Sshcmd, Tls],
        false,
        "no check of the server's identity",
    ),
    row("pkipath", Value::Folder, &[Tls], false, "the folder of the certificates"),
    row("command", Value::Program, &[Sshcmd], false, "the program to run instead of ssh"),
    row(
        "proxy",
        Value::OneOf(&["auto", "netcat", "native"]),
        &[Sshcmd],
        false,
        "how the remote daemon is reached",
    ),
    row("netcat", Value::RemoteProgram, &[Sshcmd], false, "the nc program on the remote host"),
    row(
        "sshauth",
        Value::ListOf(&["agent", "privkey", "password", "keyboard-interactive"]),
        &[Sshcmd],
        false,
        "the ssh login methods",
    ),
];
