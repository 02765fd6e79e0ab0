//! The field's facts as data: drivers, transports, parameters, clients.
//!
//! Every judgment and every plan reads these tables; a fact stands here once.
//! Sources are named per table: libvirt's own files at the version given.

pub(crate) mod clients;
pub(crate) mod drivers;
pub(crate) mod foreign;
pub(crate) mod go_parameters;
pub(crate) mod levels;
pub(crate) mod parameters;
pub(crate) mod signatures;
pub(crate) mod transports;
