//! Rules about the driver and the path that it opens.

mod path;
mod word;

pub(crate) use path::{missing_path, wrong_path};
pub(crate) use word::{missing_driver, transport_as_driver, unknown_driver};
