//! What the connection depends on besides its URI: environment, libvirt.conf,
//! the machine, and our own configuration.

mod config;
#[cfg(feature = "probe")]
mod elsewhere;
mod libvirt_conf;
mod machine;
mod redact;
mod source;

pub(crate) use config::{ConfigError, ConfigFile, FailOn, Names, is_day};
#[cfg(feature = "probe")]
pub(crate) use elsewhere::{Facts, MARK};
pub use libvirt_conf::{AliasError, ConfError, ConfErrorKind, LibvirtConf, MalformedAlias};
pub use machine::{ConfContent, ConfFile, ConfText, Machine, VARIABLES, today};
pub(crate) use machine::{DEFAULT_KEYS, SYSTEM_SOCKETS};
pub(crate) use source::in_file;
pub use source::{Source, UriOrigin};
