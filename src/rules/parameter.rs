//! Rules about the extra parameters.

mod effect;
mod name;
mod value;

use std::borrow::Cow;

use bstr::ByteSlice;

use crate::plan::Planned;
use crate::rules::Reading;
use crate::tables::clients::UriDialect;
use crate::tables::drivers::Runs;
use crate::tables::parameters::Reader;

pub(crate) use self::effect::{helper_switched_off, ignored_parameter};
pub(crate) use self::name::{duplicate_parameter, misspelt_parameter, unknown_parameter};
pub(crate) use self::value::{value_crashes_client, wrong_parameter_value};

/// Which driver reads the parameters of this URI.
fn reader(reading: &Reading<'_>) -> Reader {
    match reading.driver() {
        _ if reading.dialect() != UriDialect::Libvirt => Reader::Go(reading.dialect()),
        Some(driver)
            if driver.runs == Runs::InClientRemote && reading.uri.transport_span().is_none() =>
        {
            if driver.name == "hyperv" {
                Reader::Hyperv
            } else {
                Reader::Esx
            }
        }
        _ => Reader::Remote,
    }
}

/// Parameters whose name is really there.
fn judged<'r>(reading: &'r Reading<'_>) -> impl Iterator<Item = (&'r Planned, Cow<'r, str>)> {
    reading
        .plan
        .parameters
        .iter()
        .filter(|planned| reading.is_certain(planned.name_span))
        .map(|planned| (planned, planned.name.to_str_lossy()))
}
