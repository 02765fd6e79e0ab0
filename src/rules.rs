//! The judgments: a module for each folder of `rules/`, a function per rule.
//!
//! A function is bound to its page by the build script. It gets data and gives
//! findings: no file, no network, no clock. Its words are in its page.

pub(crate) mod client;
pub(crate) mod daemon;
pub(crate) mod driver;
pub(crate) mod local;
pub(crate) mod name;
pub(crate) mod network;
pub(crate) mod parameter;
pub(crate) mod remote;
pub(crate) mod security;
pub(crate) mod settings;
pub(crate) mod ssh;
pub(crate) mod tls;
pub(crate) mod transport;
pub(crate) mod uri;

mod package;
mod reading;
mod seen;
pub(crate) mod units;

pub(crate) use reading::Reading;
pub(crate) use seen::Seen;
