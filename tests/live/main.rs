//! The command against real servers: sshd, libvirtd, netcats and a name server,
//! on hosts that are network namespaces of this machine.
//!
//! Needs root and the packages that `tests/run` installs. Nothing outside the
//! namespaces is touched, and all that runs in them ends with the test.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

mod agree;
#[path = "../support/contract.rs"]
mod contract;
mod daemon;
mod driver;
mod foresight;
mod from;
mod lab;
mod library;
mod local;
mod login;
mod network;
mod remote;
mod saved;
mod ssh;
mod tls;
