//! Tells why a libvirt connection fails: lints connection URIs, plans what the
//! client would do, and looks at every hop.
//!
//! The way of the data is the layout: [`uri`] reads the text as libvirt does,
//! [`plan`] tells what a client would do with it, probes look and write down
//! evidence, rules judge, reports show. The command `virt-doctor` is a thin
//! shell around this library; what other programs may use are the reader, the
//! plan, the judgment of one URI ([`lint`]), libvirt's packets ([`wire`]), and
//! what they depend on.

#![cfg_attr(
    not(feature = "probe"),
    allow(dead_code, reason = "without probes nobody makes evidence; its rules and pages remain")
)]

mod cli;
mod engine;
mod evidence;
mod finding;
mod inventory;
pub mod lint;
mod pasted;
pub mod plan;
#[cfg(feature = "probe")]
mod probe;
mod report;
mod rules;
pub mod settings;
mod tables;
mod text;
pub mod uri;
pub mod wire;

pub use tables::clients::{Build, Client, ClientError, Family, UriDialect, Version};
pub use tables::levels::Severity;
pub use tables::transports::{Transport, TransportFacts, TransportSet};
pub use text::{Position, Span};

/// Runs the command `virt-doctor` with these arguments, the program's name first.
pub fn run(args: impl IntoIterator<Item = std::ffi::OsString>) -> std::process::ExitCode {
    cli::run(args)
}
